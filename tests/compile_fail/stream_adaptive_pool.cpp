// A mean over all of time.
// g++: combines elements of different times
// g++: operation::AdaptiveAvgPool1d
// clang: combines elements of different times
// clang: operation::AdaptiveAvgPool1d
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Conv1d<2, 4, nn::kernel_size<3>>, nn::AdaptiveAvgPool1d<nn::output_size<1>>> model;
  using Block = Tensor<float, 1, 2, 16>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
