// Wrong features of a single layer.
// g++: "Linear expects input \(\*, 6\), got \(4, 10\)"
// clang: at_layer<>, tenon::operation::Linear<6, 3>, tenon::expected_input<.*any.*, 6L?>, tenon::actual_input<4, 10>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  Tensor<float, 4, 10> x;
  nn::Linear<6, 3> layer;
  auto y = layer(x);
}
