// A kernel larger than the padded input.
// g++: "Conv2d expects input \(\*, 3, >=5, >=3\), got \(1, 3, 4, 4\)"
// clang: operation::Conv2d<3, 4>.*at_least.*<5.*actual_input<1, 3, 4, 4>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Conv2d<3, 4, nn::kernel_size<5>, nn::padding<0, 1>> layer;
  auto y = layer(Tensor<float, 1, 3, 4, 4>{});
}
