// A net called with an expression of another shape, and a tensor for the result.
// g++: net takes a Tensor, not an expression: evaluate it first, as in Tensor<...>\{a \+ b\}.*Tensor<float, 1, 3>.*Tensor<double, 2, 3>
// clang: Tensor<float, 1, 3>.*Tensor<double, 2, 3>.*net takes a Tensor, not an expression: evaluate it first, as in Tensor<...>\{a \+ b\}
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  const Tensor<float, 2, 3> a, b;
  Tensor<float, 1, 2> y;
  net(a / b + 0.5, y);
}
