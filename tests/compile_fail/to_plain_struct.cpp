// to<double>() of a module that is no template.
// g++: need a module that is a template on its element type
// clang: need a module that is a template on its element type
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<6, 3>, fc));
  auto forward(const auto& x) { return nn::functional::relu(fc(x)) + x; }
};

int main() {
  User model;
  auto y = model.to<double>();
}
