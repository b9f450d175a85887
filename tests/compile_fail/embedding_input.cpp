// Indices have to be integers.
// g++: Embedding: the input is a tensor of std::int64_t
// clang: Embedding: the input is a tensor of std::int64_t
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Embedding<10, 3>, nn::Flatten<>, nn::Linear<6, 2>> model;
  auto y = model(Tensor<float, 4, 2>{});
}
