// Channels of one element, which have no variance.
// g++: "InstanceNorm2d expects input \(\*, 3, \*, >=2\), got \(2, 3, 1, 1\)"
// clang: operation::InstanceNorm<2, 3, .*at_least_t<2>.*actual_input<2, 3, 1, 1>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::InstanceNorm2d<3> layer;
  auto y = layer(Tensor<float, 2, 3, 1, 1>{});
}
