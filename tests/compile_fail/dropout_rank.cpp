// Channels are dropped from images: a shape of four axes.
// g++: "Dropout2d expects input \(\*, \*, \*, \*\), got \(2, 3, 4\)"
// clang: operation::ChannelDropout<2, .*actual_input<2, 3, 4>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Dropout2d<> layer;
  auto y = layer(Tensor<float, 2, 3, 4>{});
}
