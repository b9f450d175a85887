// A Variable among the members of a module.
// g++: a Variable among the members of a module is neither trained nor saved: make it an nn::Parameter<Tensor<...>>.*User, .*Variable<
// clang: User, .*Variable<.*a Variable among the members of a module is neither trained nor saved: make it an nn::Parameter<Tensor<...>>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  using Scale = nn::Variable<Tensor<float, 6>>;
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<6, 3>, fc), (int, steps), (std::string, title), (Scale, scale));
  User() : scale(Tensor<float, 6>()) {}
  auto forward(const auto& x) const { return nn::functional::relu(fc(x)); }
};

int main() {
  nn::Sequential<User, nn::ReLU> model;
  (void)model.state_dict();
  const auto y = model(Tensor<float, 4, 6>());
}
