// A net called with a const tensor for its result.
// g++: net\(x, y\) writes its result into y, which is const
// clang: net\(x, y\) writes its result into y, which is const
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  const Tensor<float, 1, 3> x;
  const Tensor<float, 1, 2> y;
  net(x, y);
}
