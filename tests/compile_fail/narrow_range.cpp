// Positions beyond the end of an axis.
// g++: "narrow expects input \(\*, >=8, \.\.\.\), got \(4, 7\)"
// clang: operation::Narrow<1, 2, 6>, tenon::expected_input<.*any.*at_least.*more.*>, tenon::actual_input<4, 7>
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::narrow<-1, 2, 6>(x);
  auto z = tenon::transpose<0, 1>(y);
}
