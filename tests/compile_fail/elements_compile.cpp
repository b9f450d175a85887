// A net for inputs of another element type than its parameters.
// g++: Linear expects elements of type float, got double
// clang: at_layer<>, tenon::operation::Linear<4, 3>, tenon::expected_elements<float>, tenon::actual_elements<double>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Linear<4, 3>, nn::ReLU> model;
  auto net = tenon::compile<Tensor<double, 5, 4>>(model);
}
