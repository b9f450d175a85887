// Layers that disagree about which axis is time.
// g++: reads time along another axis
// g++: operation::LSTM
// g++: Tensor<float, 1, 4, 16>
// clang: reads time along another axis
// clang: operation::LSTM
// clang: Tensor<float, 1, 4, 16>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Conv1d<2, 4, nn::kernel_size<3>>, nn::LSTM<16, 4>> model;
  using Block = Tensor<float, 1, 2, 16>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
