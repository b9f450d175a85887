// A forward hook that returns another result.
// g++: a forward hook returns nothing: it cannot replace the result
// clang: a forward hook returns nothing: it cannot replace the result
// clang: Linear<4, 2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::AnyTensor;

int main() {
  nn::Linear<4, 2> layer;
  layer.register_forward_hook([](auto&, const AnyTensor&, const AnyTensor& output) { return output; });
}
