// A layer with parentheses, as in Python.
// g++: a chain is made of types of layers: nn::ReLU, not nn::ReLU\(\)
// clang: a chain is made of types of layers: nn::ReLU, not nn::ReLU\(\)
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Linear<4, 4>, nn::ReLU()> model;
  auto y = model(Tensor<float, 1, 4>());
}
