// Neither a size nor a ratio.
// g++: is_needed_by_this_layer.*missing_tag<.*FractionalMaxPool2d<.*output_size<>
// clang: is_needed_by_this_layer.*missing_tag<.*FractionalMaxPool2d<.*output_size<>
#include <tenon/tenon.hpp>

int main() { tenon::nn::FractionalMaxPool2d<tenon::nn::kernel_size<2>> layer; }
