// A net of two inputs called with the second of another shape.
// g++: "net expects input \(1, 2\), got \(2, 2\)"
// clang: at_layer<>, tenon::plan::Net, tenon::expected_input<1L?, 2L?>, tenon::actual_input<2, 2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Net : nn::Module<Net> {
  BOOST_HANA_DEFINE_STRUCT(Net, (nn::Linear<3, 2>, a));
  auto forward(const auto& x, const auto& z) const { return a(x) + z; }
};

int main() {
  auto net = tenon::compile<Tensor<float, 1, 3>, Tensor<float, 1, 2>>(Net{});
  const auto& y = net(Tensor<float, 1, 3>(), Tensor<float, 2, 2>());
  return y(0, 0) > 0;
}
