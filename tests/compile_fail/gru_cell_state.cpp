// The state of another batch.
// g++: "GRUCell expects states \(3, 20\), got \(4, 20\)"
// clang: tenon::operation::GRUCell, tenon::expected_state<3L, 20L>, tenon::actual_input<4, 20>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  nn::GRUCell<10, 20> cell;
  Tensor<float, 3, 20> hx = cell(Tensor<float, 3, 10>{}, Tensor<float, 4, 20>{});
}
