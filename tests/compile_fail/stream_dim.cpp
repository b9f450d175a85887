// An axis that the blocks do not have.
// g++: the blocks have no such axis
// g++: Tensor<float, 1, 8, 3>
// clang: the blocks have no such axis
// clang: Tensor<float, 1, 8, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Linear<3, 4> model;
  using Block = Tensor<float, 1, 8, 3>;
  auto stream = tenon::compile_stream<nn::dim<3>, Block>(model);
  const auto& y = stream.step(Block{});
}
