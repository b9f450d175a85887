// A target of another shape.
// g++: "MSELoss expects target \(4, 10\), got \(4, 9\)"
// clang: operation::MSELoss(<true>)?, tenon::expected_target<4L?, 10L?>, tenon::actual_input<4, 9>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  Tensor<float, 4, 10> x;
  nn::MSELoss<> criterion;
  auto loss = criterion(x, Tensor<float, 4, 9>{});
}
