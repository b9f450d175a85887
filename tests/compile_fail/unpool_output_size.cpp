// A size that no image has of which the pooling makes the input.
// g++: "MaxUnpool2d expects output_size \(7..9, 7..9\), got \(5, 8\)"
// clang: tenon::operation::MaxUnpool2d.*expected_output_size<.*actual_output_size<5, 8>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::MaxUnpool2d<nn::kernel_size<2>> unpool;
  auto y = unpool(Tensor<float, 1, 3, 4, 4>{}, Tensor<std::int64_t, 1, 3, 4, 4>{}, nn::output_size<5, 8>{});
}
