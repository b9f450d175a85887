// Indices have to be integers.
// g++: Embedding expects elements of type std::int64_t, got float
// clang: Embedding<float, 10, 3, .*, tenon::expected_elements<long>, tenon::actual_elements<float>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Embedding<10, 3>, nn::Flatten<>, nn::Linear<6, 2>> model;
  auto y = model(Tensor<float, 4, 2>{});
}
