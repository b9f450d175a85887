// Wrong number of channels, and an input that the padding takes all of.
// g++: "ConvTranspose1d expects input \(\*, 4, >=4\), got \(1, 3, 2\)"
// clang: operation::ConvTranspose1d<4, 2>.*at_least.*<4.*actual_input<1, 3, 2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::ConvTranspose1d<4, 2, nn::kernel_size<2>, nn::padding<2>> layer;
  auto y = layer(Tensor<float, 1, 3, 2>{});
}
