// A constant padding without its constant.
// g++: is_needed_by_this_layer.*missing_tag<.*ConstantPad1d<.*value<
// clang: is_needed_by_this_layer.*missing_tag<.*ConstantPad1d<.*value<
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() {
  nn::ConstantPad1d<nn::padding<1, 0>> layer;
}
