// The indices of another pooling.
// g++: "MaxUnpool2d expects indices \(1, 3, 4, 4\), got \(1, 3, 4, 5\)"
// clang: tenon::operation::MaxUnpool2d.*expected_indices<1L?, 3L?, 4L?, 4L?>.*actual_input<1, 3, 4, 5>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::MaxUnpool2d<nn::kernel_size<2>> unpool;
  auto y = unpool(Tensor<float, 1, 3, 4, 4>{}, Tensor<std::int64_t, 1, 3, 4, 5>{});
}
