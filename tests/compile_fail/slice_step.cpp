// Slices go forwards.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*Slice.*step<-1>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*Slice.*step<-1>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::slice<nn::step<-1>>(x);
}
