// Branches whose images differ in size, in a chain.
// g++: "Sequential: layer 1 \(cat\) expects operand \(2, \*, 8, 8\), got \(2, 3, 7, 7\)"
// clang: at_layer<1>, tenon::operation::Cat<1>, tenon::expected_operand<2L?, .*any.*, 8L?, 8L?>, tenon::actual_input<2, 3, 7, 7>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  Tensor<float, 2, 3, 8, 8> x;
  nn::Sequential<nn::ReLU, nn::Concat<nn::Identity, nn::Conv2d<3, 3, nn::kernel_size<2>>>> model;
  auto y = model(x);
}
