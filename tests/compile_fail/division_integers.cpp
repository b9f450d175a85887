// Integers are not divided in a forward.
// g++: a / b of Variables, Parameters and in a net needs tensors of float or double
// clang: a / b of Variables, Parameters and in a net needs tensors of float or double
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Variable x{Tensor<std::int64_t, 4>{}};
  auto y = x / 2 - 1;
}
