// Wrong features in a chain, called on a Tensor.
// g++: "Sequential: layer 2 \(Linear\) expects input \(\*, 6\), got \(4, 5\)"
// clang: at_layer<2>, tenon::operation::Linear<6, 3>, tenon::expected_input<.*any.*, 6L?>, tenon::actual_input<4, 5>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

using Chain = nn::Sequential<nn::Linear<10, 5>, nn::ReLU, nn::Linear<6, 3>>;

int main() {
  Tensor<float, 4, 10> x;
  Chain model;
  auto y = model(x);
}
