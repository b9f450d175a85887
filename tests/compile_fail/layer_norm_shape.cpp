// Last axes that are not the normalized ones.
// g++: "LayerNorm expects input \(\*, 10, 20\), got \(3, 20, 10\)"
// clang: operation::LayerNorm<.*Shape<10, 20>.*actual_input<3, 20, 10>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::LayerNorm<nn::normalized_shape<10, 20>> layer;
  auto y = layer(Tensor<float, 3, 20, 10>{});
}
