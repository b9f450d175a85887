// A buffer under the name of a parameter that is there.
// g++: the module has a member of this name
// clang: the module has a member of this name
// clang: Linear<4, 2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::Tensor;

int main() {
  nn::Linear<4, 2> layer;
  layer.register_buffer("bias"_n, Tensor<float, 2>());
}
