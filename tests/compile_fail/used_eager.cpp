// What is done with the result of a mistake is no mistake.
// g++: Sequential: layer 1 \(Linear\) expects input \(\*, 4\), got \(1, 3\)
// clang: at_layer<1>, tenon::operation::Linear<4, 2>, tenon::expected_input<.*any.*, 4L?>, tenon::actual_input<1, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::Linear<4, 3>, nn::Linear<4, 2>> model;
  auto y = model(Tensor<float, 1, 4>{});
  float sum = y(0, 1) + 1;
  for (std::size_t i = 0; i < y.size(); ++i) sum += y.data()[i];
  return sum > 0;
}
