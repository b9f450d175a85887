// A size and a scale factor.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*UpsamplingNearest2d<.*size<4>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*UpsamplingNearest2d<.*size<4>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() {
  nn::UpsamplingNearest2d<nn::scale_factor<2>, nn::size<4>> layer;
}
