// An output padding as long as the stride.
// g++: tag_out_of_range<tenon::.*nn::ConvTranspose2d<16, 8, .*nn::output_padding<1, 2> >
// clang: tag_out_of_range<.*ConvTranspose2d<16, 8, .*>, .*output_padding<1, 2>>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() { nn::ConvTranspose2d<16, 8, nn::kernel_size<3>, nn::stride<2>, nn::output_padding<1, 2>> layer; }
