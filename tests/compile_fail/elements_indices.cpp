// Indices have to be integers.
// g++: MaxUnpool1d expects elements of type std::int64_t, got float
// clang: MaxUnpool.*, tenon::expected_elements<long>, tenon::actual_elements<float>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::MaxUnpool1d<nn::kernel_size<2>> unpool;
  auto y = unpool(Tensor<float, 1, 2, 3>{}, Tensor<float, 1, 2, 3>{});
}
