// A const model whose forward is not const, recorded.
// g++: a const model is called, whose forward is not const: write `auto forward\(const auto& x\) const`.*User
// clang: User.*a const model is called, whose forward is not const: write `auto forward\(const auto& x\) const`
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<6, 3>, fc));
  auto forward(const auto& x) { return nn::functional::relu(fc(x)); }
};

void train(const User& model) {
  auto loss = nn::MSELoss<>()(model(nn::Variable{Tensor<float, 4, 6>()}), Tensor<float, 4, 3>());
  loss.backward();
}
int main() { train({}); }
