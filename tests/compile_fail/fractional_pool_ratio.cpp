// A ratio that is none.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*FractionalMaxPool2d<.*output_ratio<.*5.0e-1
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*FractionalMaxPool2d<.*output_ratio<1.*, 5.000000e-01>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() { nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_ratio<1, 0.5>> layer; }
