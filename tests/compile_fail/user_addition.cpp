// Shapes that differ on both sides of a + in a user's forward.
// g++: "Add expects second operand \(4, 3\), got \(4, 10\)"
// clang: operation::Add, tenon::expected_second_operand<4L?, 3L?>, tenon::actual_input<4, 10>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<10, 3>, fc));
  auto forward(const auto& x) { return nn::functional::relu(fc(x)) + x; }
};

int main() {
  Tensor<float, 4, 10> x;
  User model;
  auto y = model(x);
}
