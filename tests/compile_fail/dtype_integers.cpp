// Parameters of integers.
// g++: is_neither_float_nor_double.*unsupported_dtype<.*Linear<3, 4.*dtype<int>
// clang: is_neither_float_nor_double.*unsupported_dtype<.*Linear<3, 4.*dtype<int>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() { nn::Linear<3, 4, nn::dtype<int>> layer; }
