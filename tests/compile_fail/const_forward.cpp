// A const model whose forward is not const.
// g++: a const model is called, whose forward is not const: write `auto forward\(const auto& x\) const`.*User
// clang: User.*a const model is called, whose forward is not const: write `auto forward\(const auto& x\) const`
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<6, 3>, fc));
  auto forward(const auto& x) { return nn::functional::relu(fc(x)); }
};

int main() {
  const nn::Sequential<nn::ReLU, nn::Residual<User, nn::Linear<6, 3>>, nn::ReLU> model;
  const Tensor<float, 4, 3> y = model(Tensor<float, 4, 6>());
}
