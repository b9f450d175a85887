// A norm that is none.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*LPPool2d<.*norm_type<0>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*LPPool2d<.*norm_type<0>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() { nn::LPPool2d<nn::norm_type<0>, nn::kernel_size<2>> layer; }
