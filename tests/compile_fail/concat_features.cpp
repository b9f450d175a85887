// A layer in a branch that does not take the input.
// g++: "Sequential: layer 0\.1\.0 \(Linear\) expects input \(\*, 6\), got \(4, 10\)"
// clang: at_layer<0, 1, 0>, tenon::operation::Linear<6, 3>.*actual_input<4, 10>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Concat<nn::Linear<10, 3>, nn::Sequential<nn::Shared<nn::Linear<6, 3>>>>> model;
  auto net = tenon::compile<Tensor<float, 4, 10>>(model);
}
