// A chain in a residual connection in a chain.
// g++: "Sequential: layer 1\.0 \(Linear\) expects input \(\*, 6\), got \(4, 10\)"
// clang: at_layer<1, 0>, tenon::operation::Linear<6, 3>.*actual_input<4, 10>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

using Chain = nn::Sequential<nn::ReLU, nn::Residual<nn::Sequential<nn::Linear<6, 3>>>>;

int main() {
  Tensor<float, 4, 10> x;
  Chain model;
  auto y = model(x);
}
