// A power that the loss does not have, and class weights.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*MultiMarginLoss<.*p<7>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*MultiMarginLoss<.*p<7>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() { nn::MultiMarginLoss<nn::p<7>> loss{Tensor<float, 3>{}}; }
