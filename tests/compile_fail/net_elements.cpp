// A net for inputs of another element type.
// g++: net expects elements of type float, got double
// clang: at_layer<>, tenon::plan::Net, tenon::expected_elements<float>, tenon::actual_elements<double>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  const Tensor<double, 1, 3> x;
  const auto& y = net(x);
  return y(0, 0) > 0;
}
