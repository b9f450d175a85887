// A net called with a tensor of another element type for its result.
// g++: net\(x, y\) writes its result into y, which has another type.*Tensor<float, 1, 2>.*Tensor<double, 1, 2>
// clang: Tensor<float, 1, 2>.*Tensor<double, 1, 2>.*net\(x, y\) writes its result into y, which has another type
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  Tensor<double, 1, 2> y;
  net(Tensor<float, 1, 3>(), y);
}
