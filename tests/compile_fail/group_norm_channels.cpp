// Channels that the groups do not divide.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*GroupNorm<3, 32>, .*groups<3>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*GroupNorm<3, 32>, .*groups<3L?>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() {
  nn::GroupNorm<3, 32> layer;
  auto y = layer(tenon::Tensor<float, 2, 3, 4, 4>());
}
