// Nor of a compiled net.
// g++: Linear expects input \(\*, 10\), got \(1, 144\)
// clang: at_layer<>, tenon::operation::Linear<10, 2>, tenon::expected_input<.*any.*, 10L?>, tenon::actual_input<1, 144>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Conv2d<3, 4, nn::kernel_size<3>>, conv), (nn::Linear<10, 2>, fc));
  auto forward(const auto& x) { return fc(tenon::reshape<1, 144>(conv(x))); }
};

int main() {
  User model;
  auto net = tenon::compile<Tensor<float, 1, 3, 8, 8>>(model);
  const Tensor<float, 1, 3, 8, 8> x;
  Tensor<float, 1, 2> y;
  net(x, y);
  const auto& result = net(x);
  return result(0, 0) > 0;
}
