// Rows of different lengths.
// g++: "PairwiseDistance expects second operand \(4, 10\), got \(4, 9\)"
// clang: operation::PairwiseDistance<2.*>, tenon::expected_second_operand<4L?, 10L?>, tenon::actual_input<4, 9>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::PairwiseDistance<> distance;
  auto y = distance(Tensor<float, 4, 10>{}, Tensor<float, 4, 9>{});
}
