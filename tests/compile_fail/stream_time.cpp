// A model of which no layer says which axis is time.
// g++: no layer of the model says along which axis
// g++: nn::Linear<3, 4>
// g++: Tensor<float, 1, 8, 3>
// clang: no layer of the model says along which axis
// clang: nn::Linear<3, 4>
// clang: Tensor<float, 1, 8, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Linear<3, 4> model;
  using Block = Tensor<float, 1, 8, 3>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
