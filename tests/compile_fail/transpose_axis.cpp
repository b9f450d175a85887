// An axis that the tensor does not have.
// g++: "transpose expects input \(\*, \*, \*, \.\.\.\), got \(4, 7\)"
// clang: detail::Transpose, tenon::expected_input<.*any.*more.*>, tenon::actual_input<4, 7>
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::transpose<1, 2>(x);
}
