// A batch normalization of features alone has two axes, and other channels.
// g++: "BatchNorm1d expects input \(\*, 8\), got \(2, 4\)"
// clang: tenon::operation::BatchNorm1d<8>.*actual_input<2, 4>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::BatchNorm1d<8> layer;
  auto y = layer(Tensor<float, 2, 4>{});
}
