// A module behind a pointer among the members of a module.
// g++: modules and tensors inside another member \(a container, a pointer, a struct that is no nn::Module\) are neither trained nor saved.*User, .*shared_ptr<
// clang: User, .*shared_ptr<.*modules and tensors inside another member \(a container, a pointer, a struct that is no nn::Module\) are neither trained nor saved
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Part : nn::Module<Part> {
  BOOST_HANA_DEFINE_STRUCT(Part, (nn::Linear<3, 3>, fc));
};

struct User : nn::Module<User> {
  using Table = Tensor<float, 6>;
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<6, 3>, fc), (int, steps), (std::string, title), (std::shared_ptr<Part>, part));
  auto forward(const auto& x) const { return nn::functional::relu(fc(x)); }
};

int main() {
  nn::Sequential<User, nn::ReLU> model;
  (void)model.state_dict();
  const auto y = model(Tensor<float, 4, 6>());
}
