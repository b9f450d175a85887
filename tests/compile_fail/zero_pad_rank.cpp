// Images where sequences are padded.
// g++: "ZeroPad1d expects input \(\*, \*, >=1\), got \(1, 2, 5, 3\)"
// clang: operation::ZeroPad1d, tenon::expected_input<.*>, tenon::actual_input<1, 2, 5, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;

int main() {
  nn::ZeroPad1d<nn::padding<2, 0>> layer;
  auto y = layer(tenon::Tensor<float, 1, 2, 5, 3>{});
}
