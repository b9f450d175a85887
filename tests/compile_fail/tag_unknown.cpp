// A tag the layer does not know.
// g++: is_no_option_of_this_layer.*unknown_tag<.*Linear<6, 3, .*stride<2> ?>, .*stride<2>
// clang: is_no_option_of_this_layer.*unknown_tag<.*Linear<6, 3, .*stride<2> ?>, .*stride<2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Linear<6, 3, nn::stride<2>> layer;
}
