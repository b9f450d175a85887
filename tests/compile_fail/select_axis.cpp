// An axis that the tensor does not have.
// g++: "select expects input \(\*, \*, \*, \.\.\.\), got \(4, 7\)"
// clang: detail::Selection<0>, tenon::expected_input<.*any.*more.*>, tenon::actual_input<4, 7>
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::select<-3>(x, 1);
}
