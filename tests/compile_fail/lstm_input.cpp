// An input of other features.
// g++: "LSTM expects input \(\*, \*, 10\), got \(5, 3, 11\)"
// clang: tenon::operation::LSTM, tenon::expected_input<.*10L>, tenon::actual_input<5, 3, 11>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::LSTM<10, 20> lstm;
  auto [output, hidden, memory] = lstm(Tensor<float, 5, 3, 11>{});
}
