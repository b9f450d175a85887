// Fewer axes than the tensor has.
// g++: "permute expects input \(\*, \*\), got \(4, 7, 2\)"
// clang: operation::Permute<1, 0>, tenon::expected_input<.*any.*>, tenon::actual_input<4, 7, 2>
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7, 2> x;
  auto y = tenon::permute<1, 0>(x);
}
