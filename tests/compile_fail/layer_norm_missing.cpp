// A layer normalization that does not say of what.
// g++: is_needed_by_this_layer.*missing_tag<.*LayerNorm<>, .*normalized_shape<>
// clang: is_needed_by_this_layer.*missing_tag<.*LayerNorm<>, .*normalized_shape<>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() {
  nn::LayerNorm<> layer;
}
