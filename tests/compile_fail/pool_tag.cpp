// An option of another pooling.
// g++: is_no_option_of_this_layer.*unknown_tag<.*AvgPool2d<.*dilation<2>
// clang: is_no_option_of_this_layer.*unknown_tag<.*AvgPool2d<.*dilation<2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() { nn::AvgPool2d<nn::kernel_size<3>, nn::dilation<2>> layer; }
