// Operands of different element types.
// g++: the operands of a function have one element type
// clang: the operands of a function have one element type
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Variable x{Tensor<float, 4, 10>{}};
  Tensor<double, 4, 10> y;
  auto z = 2 * (x - y);
}
