// Tensors among the members of a module.
// g++: a plain tensor among the members of a module is not saved: make it an nn::Buffer<Tensor<...>>, or an nn::Parameter<Tensor<...>> to train it.*User, .*Tensor<float, 6>
// clang: User, .*Tensor<float, 6>.*a plain tensor among the members of a module is not saved: make it an nn::Buffer<Tensor<...>>, or an nn::Parameter<Tensor<...>> to train it
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  using Table = Tensor<float, 6>;
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<6, 3>, fc), (int, steps), (std::string, title), (Table, first), (Table, second));
  auto forward(const auto& x) const { return nn::functional::relu(fc(x)); }
};

int main() {
  nn::Sequential<User, nn::ReLU> model;
  (void)model.state_dict();
  const auto y = model(Tensor<float, 4, 6>());
}
