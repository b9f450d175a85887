// A loss has no place in a compiled net.
// g++: has no place in a compiled net
// clang: has no place in a compiled net
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::MSELoss<>, loss));
  auto forward(const auto& x) { return loss(x, x); }
};

int main() {
  User model;
  auto net = tenon::compile<Tensor<float, 4, 10>>(model);
}
