// A slice without positions.
// g++: "slice expects input \(>=5, \.\.\.\), got \(4, 7\)"
// clang: detail::Slice, tenon::expected_input<.*at_least.*more.*>, tenon::actual_input<4, 7>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::slice<nn::start<4>>(x);
}
