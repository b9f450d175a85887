// An axis that stands twice.
// g++: permute: each axis stands once among the arguments
// clang: permute: each axis stands once among the arguments
#include <tenon/tenon.hpp>

using tenon::Tensor;

int main() {
  Tensor<float, 4, 7> x;
  auto y = tenon::permute<1, -1>(x);
}
