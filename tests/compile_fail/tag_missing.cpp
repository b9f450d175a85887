// A convolution without a kernel size.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*Conv2d<3, 4>, .*kernel_size<>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*Conv2d<3, 4>, .*kernel_size<>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Conv2d<3, 4> layer;
}
