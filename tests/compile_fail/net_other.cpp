// A net called with an array.
// g++: net takes a Tensor; wanted and found.*Tensor<float, 1, 3>.*array<float, 3>
// clang: Tensor<float, 1, 3>.*array<float, 3>.*net takes a Tensor; wanted and found
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  const nn::Linear<3, 2> model;
  auto net = tenon::compile<Tensor<float, 1, 3>>(model);
  const auto& y = net(std::array<float, 3>{});
  return y(0, 0) > 0;
}
