// More zeros than a convolution reads.
// g++: ZeroPad1d along time stands right before a convolution
// g++: operation::Conv1d<2, 4>
// clang: ZeroPad1d along time stands right before a convolution
// clang: operation::Conv1d<2, 4>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::ZeroPad1d<nn::padding<3, 0>>, nn::Conv1d<2, 4, nn::kernel_size<3>>> model;
  using Block = Tensor<float, 1, 2, 16>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
