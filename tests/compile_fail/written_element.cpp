// x[i] of a tensor of several axes is a tensor of its own: writing into it would be lost.
// g++: const tenon::.*Tensor<float, 3>.*discards qualifiers
// clang: no viable overloaded .=.
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 3> x;
  Tensor<float, 3> row;
  x[1] = row;
}
