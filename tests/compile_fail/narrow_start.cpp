// A start beyond the beginning of an axis.
// g++: "narrow expects input \(>=5, \.\.\.\), got \(4, 7\)"
// clang: operation::Narrow<0, -5, 2>, tenon::expected_input<.*at_least.*more.*>, tenon::actual_input<4, 7>
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::narrow<0, -5, 2>(x);
}
