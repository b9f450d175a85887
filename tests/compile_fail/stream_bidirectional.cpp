// A layer that runs backward in time.
// g++: a layer looks ahead
// g++: operation::GRU
// clang: a layer looks ahead
// clang: operation::GRU
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::GRU<2, 4, nn::bidirectional<true>> model;
  using Block = Tensor<float, 8, 1, 2>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
