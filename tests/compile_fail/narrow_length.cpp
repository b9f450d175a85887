// A part without positions.
// g++: narrow: the length is positive
// clang: narrow: the length is positive
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::narrow<0, 1, 0>(x);
}
