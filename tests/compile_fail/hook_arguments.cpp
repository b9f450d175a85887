// A hook that takes a tensor of one type.
// g++: a hook takes the module and then, for inputs and results each, a const tenon::AnyTensor&
// clang: a hook takes the module and then, for inputs and results each
// clang: Linear<4, 2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Linear<4, 2> layer;
  layer.register_backward_hook([](nn::Linear<4, 2>&, const Tensor<float, 1, 4>&, const Tensor<float, 1, 2>&) {});
}
