// Neither a size nor a ratio.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*FractionalMaxPool2d<.*output_size<>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*FractionalMaxPool2d<.*output_size<>
#include <tenon/tenon.hpp>

int main() { tenon::nn::FractionalMaxPool2d<tenon::nn::kernel_size<2>> layer; }
