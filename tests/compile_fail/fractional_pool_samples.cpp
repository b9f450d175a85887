// Samples for another number of channels.
// g++: "FractionalMaxPool2d expects second operand \(1, 3, 2\), got \(1, 2, 2\)"
// clang: FractionalMaxPool2d.*expected_second_operand<.*actual_input<1, 2, 2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_size<2>> pool;
  auto y = pool(Tensor<float, 1, 3, 9, 9>{}, Tensor<float, 1, 2, 2>{});
}
