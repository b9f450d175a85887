// An output size of which the convolution does not make the input; the result is used.
// g++: "ConvTranspose2d expects output_size \(11\.\.12, 11\.\.12\), got \(12, 13\)"
// clang: operation::ConvTranspose2d<16, 8>, tenon::expected_output_size<.*between.*<11.*12.*actual_output_size<12, 13>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::ConvTranspose2d<16, 8, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>> upsample;
  nn::ReLU relu;
  auto y = relu(upsample(Tensor<float, 1, 16, 6, 6>{}, nn::output_size<12, 13>{}));
}
