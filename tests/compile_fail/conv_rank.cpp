// An input without a batch axis.
// g++: "Conv2d expects input \(\*, 3, >=5, >=5\), got \(3, 9, 9\)"
// clang: operation::Conv2d<3, 4>.*actual_input<3, 9, 9>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Conv2d<3, 4, nn::kernel_size<5>> layer;
  auto y = layer(Tensor<float, 3, 9, 9>{});
}
