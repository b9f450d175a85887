// Blocks of other channels.
// g++: Conv1d expects input \(\*, 2, \*\), got \(1, 3, 16\)
// clang: operation::Conv1d<2, 4>, tenon::expected_input<.*any.*2.*any.*>, tenon::actual_input<1, 3, 16>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Conv1d<2, 4, nn::kernel_size<3>>> model;
  using Block = Tensor<float, 1, 3, 16>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
