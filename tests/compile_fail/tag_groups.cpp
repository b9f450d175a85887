// Channels that the groups do not divide.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*Conv2d<3, 4.*groups<2>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*Conv2d<3, 4.*groups<2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Conv2d<3, 4, nn::kernel_size<3>, nn::groups<2>> layer;
}
