// A function that no RNN has.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*RNN<10, 20.*nonlinearity<1>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*RNN<10, 20.*nonlinearity<1>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() { nn::RNN<10, 20, nn::nonlinearity<1>> rnn; }
