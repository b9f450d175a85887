// A convolution over time that pads on both sides.
// g++: a layer looks ahead
// g++: operation::Conv1d<2, 4>
// g++: Tensor<float, 1, 2, 16>
// clang: a layer looks ahead
// clang: operation::Conv1d<2, 4>
// clang: Tensor<float, 1, 2, 16>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Conv1d<2, 4, nn::kernel_size<3>, nn::padding<1>>, nn::ReLU> model;
  using Block = Tensor<float, 1, 2, 16>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
