// Tensors that differ along another axis than that of cat.
// g++: "cat expects operand \(4, \*, 5\), got \(4, 3, 6\)"
// clang: operation::Cat<1>, tenon::expected_operand<4L?, .*any.*, 5L?>, tenon::actual_input<4, 3, 6>
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 3, 5> x, y;
  Tensor<float, 4, 3, 6> z;
  auto joined = tenon::cat<1>(x, y, z);
}
