// An AnyNet that is made of a net with another result.
// g++: AnyNet is made of a net of its own inputs and result; wanted and found.*Tensor<float, 1, 3>.*Tensor<float, 1, 4>.*Tensor<float, 1, 3>.*Tensor<float, 1, 2>
// clang: Tensor<float, 1, 3>.*Tensor<float, 1, 4>.*Tensor<float, 1, 3>.*Tensor<float, 1, 2>.*AnyNet is made of a net of its own inputs and result; wanted and found
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  tenon::AnyNet<Tensor<float, 1, 3>, Tensor<float, 1, 4>> any{tenon::compile<Tensor<float, 1, 3>>(nn::Linear<3, 2>{})};
}
