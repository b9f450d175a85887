// A tag given twice.
// g++: is_given_twice.*repeated_tag<.*Conv2d<3, 4.*stride<2> ?>, .*stride<1>
// clang: is_given_twice.*repeated_tag<.*Conv2d<3, 4.*stride<2> ?>, .*stride<1>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Conv2d<3, 4, nn::kernel_size<5>, nn::stride<1>, nn::stride<2>> layer;
}
