// A convolution without a kernel size.
// g++: is_needed_by_this_layer.*missing_tag<.*Conv2d<3, 4>, .*kernel_size<>
// clang: is_needed_by_this_layer.*missing_tag<.*Conv2d<3, 4>, .*kernel_size<>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Conv2d<3, 4> layer;
}
