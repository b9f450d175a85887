// A layer normalization that does not say of what.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*LayerNorm<>, .*normalized_shape<>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*LayerNorm<>, .*normalized_shape<>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() {
  nn::LayerNorm<> layer;
}
