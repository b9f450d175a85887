// Sizes that are not those of the axis.
// g++: "split expects input \(\*, 8, \.\.\.\), got \(4, 7\)"
// clang: detail::Split, tenon::expected_input<.*any.*8L?.*more.*>, tenon::actual_input<4, 7>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto [a, b] = tenon::split<nn::sizes<3, 5>, nn::dim<1>>(x);
}
