// Blocks that a stride does not divide.
// g++: the stride of a layer does not divide
// g++: operation::Conv1d<2, 4>
// g++: Tensor<float, 1, 2, 15>
// clang: the stride of a layer does not divide
// clang: operation::Conv1d<2, 4>
// clang: Tensor<float, 1, 2, 15>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Conv1d<2, 4, nn::kernel_size<3>, nn::stride<2>>> model;
  using Block = Tensor<float, 1, 2, 15>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
