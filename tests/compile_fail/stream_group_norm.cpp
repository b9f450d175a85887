// A mean over time.
// g++: combines elements of different times
// g++: operation::GroupNorm<2, 4,
// clang: combines elements of different times
// clang: operation::GroupNorm<2, 4,
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Conv1d<2, 4, nn::kernel_size<3>>, nn::GroupNorm<2, 4>> model;
  using Block = Tensor<float, 1, 2, 16>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
