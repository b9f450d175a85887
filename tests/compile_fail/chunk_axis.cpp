// An axis that the tensor does not have.
// g++: "chunk expects input \(\*, \*, \*, \.\.\.\), got \(4, 7\)"
// clang: detail::Chunk, tenon::expected_input<.*any.*more.*>, tenon::actual_input<4, 7>
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto [a, b] = tenon::chunk<2, 2>(x);
  auto y = a + b;
}
