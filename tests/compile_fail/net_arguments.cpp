// A net called with three arguments.
// g++: net takes \(x\), or \(x, y\) to write its result into y, and no other number of arguments
// clang: net takes \(x\), or \(x, y\) to write its result into y, and no other number of arguments
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  Tensor<float, 1, 3> x;
  Tensor<float, 1, 2> y;
  net(x, y, y);
}
