// A layer whose buffers have another element type than its input.
// g++: BatchNorm2d expects elements of type float, got double
// clang: BatchNorm<.*, tenon::expected_elements<float>, tenon::actual_elements<double>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::ReLU, nn::BatchNorm2d<3, nn::affine<false>>> model;
  auto net = tenon::compile<Tensor<double, 1, 3, 2, 2>>(model);
}
