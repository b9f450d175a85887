// A parameter as an operand of + in a compiled net.
// g++: a parameter or tensor has no place among them
// clang: a parameter or tensor has no place among them
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Parameter<Tensor<float, 4, 10>>, offset));
  auto forward(const auto& x) { return x + offset; }
};

int main() {
  User model;
  auto net = tenon::compile<Tensor<float, 4, 10>>(model);
}
