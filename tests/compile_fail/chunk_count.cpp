// No parts.
// g++: chunk: the number of chunks is positive
// clang: chunk: the number of chunks is positive
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto parts = tenon::chunk<0>(x);
}
