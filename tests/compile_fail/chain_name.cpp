// A name that no layer of a chain has.
// g++: no layer has this name or number
// clang: no layer has this name or number
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  using namespace tenon::literals;
  nn::Sequential<nn::Named<"first", nn::Linear<4, 3>>> model;
  auto& layer = model["second"_n];
}
