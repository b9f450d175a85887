// A batch normalization of other channels.
// g++: "Sequential: layer 1 \(BatchNorm2d\) expects input \(\*, 8, \*, \*\), got \(1, 4, 3, 3\)"
// clang: at_layer<1>, tenon::operation::BatchNorm2d<8>.*actual_input<1, 4, 3, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Conv2d<3, 4, nn::kernel_size<1>>, nn::BatchNorm2d<8>> model;
  auto y = model(Tensor<float, 1, 3, 3, 3>{});
}
