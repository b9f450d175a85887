// Channels that are no multiple of the square of the upscale factor.
// g++: "PixelShuffle expects input \(\*, 9\*n, \*, \*\), got \(1, 8, 4, 4\)"
// clang: operation::PixelShuffle<3>, tenon::expected_input<.*multiple_of_t<9>.*, tenon::actual_input<1, 8, 4, 4>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::PixelShuffle<3> layer;
  auto y = layer(Tensor<float, 1, 8, 4, 4>{});
}
