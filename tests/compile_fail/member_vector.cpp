// Modules in a container among the members of a module.
// g++: modules and tensors inside another member \(a container, a pointer, a struct that is no nn::Module\) are neither trained nor saved.*User, .*vector<
// clang: User, .*vector<.*modules and tensors inside another member \(a container, a pointer, a struct that is no nn::Module\) are neither trained nor saved
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  using Table = Tensor<float, 6>;
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<6, 3>, fc), (int, steps), (std::string, title), (std::vector<nn::Linear<3, 3>>, layers));
  auto forward(const auto& x) const { return nn::functional::relu(fc(x)); }
};

int main() {
  nn::Sequential<User, nn::ReLU> model;
  (void)model.state_dict();
  const auto y = model(Tensor<float, 4, 6>());
}
