// A net called with a temporary for its result.
// g++: net\(x, y\) writes its result into y, which is a temporary: give it a name
// clang: net\(x, y\) writes its result into y, which is a temporary: give it a name
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  float elements[2];
  net(Tensor<float, 1, 3>(), Tensor<float, 1, 2>::view(elements));
}
