// More windows than there is room for.
// g++: "FractionalMaxPool2d expects input \(\*, \*, >=9, >=6\), got \(1, 3, 9, 5\)"
// clang: FractionalMaxPool2d.*actual_input<1, 3, 9, 5>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_size<8, 5>> pool;
  auto y = pool(Tensor<float, 1, 3, 9, 5>{});
}
