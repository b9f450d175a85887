// A reflection that reaches beyond the image.
// g++: "ReflectionPad2d expects input \(\*, \*, >=2, >=4\), got \(1, 1, 5, 3\)"
// clang: operation::ReflectionPad2d, tenon::expected_input<.*>, tenon::actual_input<1, 1, 5, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::ReflectionPad2d<nn::padding<2, 3, 1, 0>> layer;
  auto y = layer(Tensor<float, 1, 1, 5, 3>{});
}
