// A net for inputs of another shape.
// g++: "net expects input \(1, 3\), got \(2, 3\)"
// clang: at_layer<>, tenon::plan::Net, tenon::expected_input<1L?, 3L?>, tenon::actual_input<2, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  const auto& y = net(Tensor<float, 2, 3>());
  return y(0, 0) > 0;
}
