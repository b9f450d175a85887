// An operation that has no place in a stream.
// g++: has no place in a stream
// g++: operation::FractionalMaxPool
// clang: has no place in a stream
// clang: operation::FractionalMaxPool
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Conv2d<1, 4, nn::kernel_size<3>>, nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_size<3>>>
      model;
  using Block = Tensor<float, 8, 1, 9, 9>;
  auto stream = tenon::compile_stream<nn::dim<0>, Block>(model);
  const auto& y = stream.step(Block{});
}
