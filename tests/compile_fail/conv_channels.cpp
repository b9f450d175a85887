// Wrong number of channels.
// g++: "Sequential: layer 1 \(Conv2d\) expects input \(\*, 8, >=3, >=3\), got \(2, 4, 9, 9\)"
// clang: at_layer<1>, tenon::operation::Conv2d<8, 4>, tenon::expected_input<.*any.*, 8L?, .*at_least.*<3.*, .*at_least.*<3.*>, tenon::actual_input<2, 4, 9, 9>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Conv2d<3, 4, nn::kernel_size<3>, nn::padding<1>>, nn::Conv2d<8, 4, nn::kernel_size<3>>> model;
  auto y = model(Tensor<float, 2, 3, 9, 9>{});
}
