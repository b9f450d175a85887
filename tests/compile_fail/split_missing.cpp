// A split without sizes.
// g++: is_needed_by_this_layer.*missing_tag<.*Split.*sizes<
// clang: is_needed_by_this_layer.*missing_tag<.*Split.*sizes<
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto parts = tenon::split<nn::dim<1>>(x);
}
