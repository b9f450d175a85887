// An output size of three axes for images of two.
// g++: tag_out_of_range<tenon::.*nn::ConvTranspose2d<16, 8, .*nn::output_size<12, 12, 12> >
// clang: tag_out_of_range<.*ConvTranspose2d<16, 8, .*>, .*output_size<12, 12, 12>>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::ConvTranspose2d<16, 8, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>> upsample;
  auto y = upsample(Tensor<float, 1, 16, 6, 6>{}, nn::output_size<12, 12, 12>{});
}
