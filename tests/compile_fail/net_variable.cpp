// A net called with a Variable.
// g++: net takes a Tensor, not a Variable, Parameter or Buffer: call net\(x.data\(\)\)
// clang: net takes a Tensor, not a Variable, Parameter or Buffer: call net\(x.data\(\)\)
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  const nn::Variable x{Tensor<float, 1, 3>()};
  const auto& y = net(x);
  return y(0, 0) > 0;
}
