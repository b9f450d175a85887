// A matrix product of matrices that do not fit, of a Variable and a parameter.
// g++: "mm expects second operand \(10, \*\), got \(3, 10\)"
// clang: operation::MatrixProduct, tenon::expected_second_operand<10L?, .*any.*>, tenon::actual_input<3, 10>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Variable x{Tensor<float, 4, 10>{}};
  nn::Parameter<Tensor<float, 3, 10>> weight;
  auto y = mm(x, weight) * 2 + 1;
}
