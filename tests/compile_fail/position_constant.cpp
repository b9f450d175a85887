// A constant position outside the only axis of a tensor.
// g++: t\[i\]: the constant position lies outside the axis of t.*Tensor<float, 3>
// clang: Tensor<float, 3>.*t\[i\]: the constant position lies outside the axis of t
#include <tenon/tenon.hpp>

using namespace tenon::literals;

int main() {
  tenon::Tensor<float, 3> t;
  t[-4_c] = 1;
}
