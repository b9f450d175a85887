// An axis that has not as many elements as the axes it is to become.
// g++: "Unflatten expects input \(\*, 10\), got \(4, 12\)"
// clang: operation::Unflatten<1, 2, 5>, tenon::expected_input<.*any.*, 10L?>, tenon::actual_input<4, 12>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  Tensor<float, 4, 12> x;
  nn::Unflatten<nn::dim<1>, nn::unflattened_size<2, 5>> unflatten;
  auto y = unflatten(x);
}
