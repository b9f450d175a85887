// An axis that the tensor does not have.
// g++: "narrow expects input \(\*, \*, \*, \.\.\.\), got \(4, 7\)"
// clang: operation::Narrow<2, 0, 1>, tenon::expected_input<.*any.*more.*>, tenon::actual_input<4, 7>
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::narrow<2, 0, 1>(x);
}
