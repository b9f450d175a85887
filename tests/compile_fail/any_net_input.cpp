// An AnyNet that is called with a tensor of another shape.
// g++: net expects input \(1, 3\), got \(1, 4\)
// clang: tenon::plan::Net, tenon::expected_input<1L?, 3L?>, tenon::actual_input<1, 4>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() {
  tenon::AnyNet<Tensor<float, 1, 3>, Tensor<float, 1, 2>> any{tenon::compile<Tensor<float, 1, 3>>(nn::Linear<3, 2>{})};
  any(Tensor<float, 1, 4>{});
}
