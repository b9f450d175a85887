// A pooling of images for one of signals.
// g++: "AvgPool1d expects input \(\*, \*, >=2\), got \(1, 3, 4, 6\)"
// clang: tenon::operation::AvgPool1d.*actual_input<1, 3, 4, 6>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::AvgPool1d<nn::kernel_size<2>> pool;
  auto y = pool(Tensor<float, 1, 3, 4, 6>{});
}
