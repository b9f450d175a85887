// A layer after one that has two results.
// g++: only the last layer of a Sequential may have several results
// clang: only the last layer of a Sequential may have several results
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::Sequential<nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>, nn::ReLU> model;
  auto y = model(Tensor<float, 1, 1, 4, 4>());
}
