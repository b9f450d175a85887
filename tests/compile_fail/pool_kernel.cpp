// A pooling window larger than its input.
// g++: "Sequential: layer 0 \(MaxPool2d\) expects input \(\*, \*, >=5, >=5\), got \(1, 3, 4, 6\)"
// clang: at_layer<0>, tenon::operation::MaxPool2d.*actual_input<1, 3, 4, 6>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::MaxPool2d<nn::kernel_size<5>>> model;
  auto y = model(Tensor<float, 1, 3, 4, 6>{});
}
