// A memory of one layer, for two.
// g++: "LSTM expects states \(2, 3, 20\), got \(1, 3, 20\)"
// clang: tenon::operation::LSTM, tenon::expected_state<2L, 3L, 20L>, tenon::actual_input<1, 3, 20>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::LSTM<10, 20, nn::num_layers<2>> lstm;
  auto [output, hidden, memory] =
      lstm(nn::Variable{Tensor<float, 5, 3, 10>{}}, Tensor<float, 2, 3, 20>{}, Tensor<float, 1, 3, 20>{});
}
