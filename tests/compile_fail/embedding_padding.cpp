// A padding index outside the table.
// g++: has_values_this_layer_cannot_take.*tag_out_of_range<.*Embedding<10, 3.*padding_idx<10>
// clang: has_values_this_layer_cannot_take.*tag_out_of_range<.*Embedding<10, 3.*padding_idx<10>
#include <tenon/tenon.hpp>

int main() {
  tenon::nn::Embedding<10, 3, tenon::nn::padding_idx<10>> layer;
}
