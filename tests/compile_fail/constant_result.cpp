// A compiled net whose result its input has no part in.
// g++: compile: the model's result is not one tensor made of its input
// clang: compile: the model's result is not one tensor made of its input
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Parameter<Tensor<float, 4, 10>>, offset));
  auto forward(const auto&) { return offset * 2; }
};

int main() {
  User model;
  auto net = tenon::compile<Tensor<float, 4, 10>>(model);
}
