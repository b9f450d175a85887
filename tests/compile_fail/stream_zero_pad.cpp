// Zeros before what is no convolution.
// g++: ZeroPad1d along time stands right before a convolution
// g++: pointwise::Relu
// clang: ZeroPad1d along time stands right before a convolution
// clang: pointwise::Relu
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::ZeroPad1d<nn::padding<2, 0>>, nn::ReLU, nn::Conv1d<2, 4, nn::kernel_size<3>>> model;
  using Block = Tensor<float, 1, 2, 16>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
