// A net that is to check an expression.
// g++: net takes a Tensor, not an expression: evaluate it first, as in Tensor<...>\{a \+ b\}.*Tensor<float, 1, 3>
// clang: Tensor<float, 1, 3>.*net takes a Tensor, not an expression: evaluate it first, as in Tensor<...>\{a \+ b\}
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  const Tensor<float, 1, 3> a, b;
  const auto& y = net.check(2.f * a - b);
  return y(0, 0) > 0;
}
