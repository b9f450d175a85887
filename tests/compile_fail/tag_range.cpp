// A padding larger than half the window.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*MaxPool2d<.*padding<2>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*MaxPool2d<.*padding<2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::MaxPool2d<nn::kernel_size<3>, nn::padding<2>> layer;
}
