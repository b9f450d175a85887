// Shapes that differ on both sides of a / in a user's forward.
// g++: "Div expects second operand \(4, 10\), got \(4, 3\)"
// clang: operation::Div, tenon::expected_second_operand<4L?, 10L?>, tenon::actual_input<4, 3>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<10, 3>, fc), (nn::Buffer<Tensor<float, 4, 10>>, mean));
  auto forward(const auto& x) { return (x - mean) / fc(x) / 2.0f; }
};

int main() {
  Tensor<float, 4, 10> x;
  User model;
  auto y = model(x);
}
