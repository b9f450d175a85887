// Groups of one element of one sample, which have no variance.
// g++: "GroupNorm expects input \(>=2, 6, \.\.\.\), got \(1, 6, 1\)"
// clang: operation::GroupNorm<6, 6, .*at_least_t<2>.*actual_input<1, 6, 1>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::GroupNorm<6, 6> layer;
  auto y = layer(Tensor<float, 1, 6, 1>{});
}
