// A layer of a const model's forward.
// g++: "Linear expects input \(\*, 6\), got \(4, 10\)"
// clang: at_layer<>, tenon::operation::Linear<6, 3>, tenon::expected_input<.*any.*, 6L?>, tenon::actual_input<4, 10>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<6, 3>, fc));
  auto forward(const auto& x) const { return nn::functional::relu(fc(x)) / x; }
};

int main() {
  const nn::Sequential<nn::ReLU, User> model;
  const auto y = model(Tensor<float, 4, 10>());
}
