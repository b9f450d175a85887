// An output size with the wrong number of axes.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*MaxUnpool2d<.*output_size<5, 8, 3>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*MaxUnpool2d<.*output_size<5, 8, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::MaxUnpool2d<nn::kernel_size<2>> unpool;
  auto y = unpool(Tensor<float, 1, 3, 4, 4>{}, Tensor<std::int64_t, 1, 3, 4, 4>{}, nn::output_size<5, 8, 3>{});
}
