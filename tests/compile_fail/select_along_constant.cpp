// A constant position outside its axis.
// g++: "select expects input \(\*, >=8, \.\.\.\), got \(4, 7\)"
// clang: detail::Selection<1>, tenon::expected_input<.*any.*at_least.*more.*>, tenon::actual_input<4, 7>
#include <tenon/tenon.hpp>

using namespace tenon::literals;
using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::select<1>(x, 7_c);
}
