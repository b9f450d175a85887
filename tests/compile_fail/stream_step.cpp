// A step with a block of another type.
// g++: Tensor<float, 1, 2, 16>|\(1, 2, 16\)
// clang: .*16.*
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Conv1d<2, 4, nn::kernel_size<3>> model;
  auto stream = tenon::compile_stream<Tensor<float, 1, 2, 16>>(model);
  const auto& y = stream.step(Tensor<float, 1, 2, 8>{});
}
