// A value of a user's forward assigned to another, compiled.
// g++: give the new value a name
// clang: give the new value a name
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (nn::Linear<6, 6>, first), (nn::Linear<6, 6>, second));
  auto forward(const auto& x) {
    auto y = nn::functional::relu(first(x));
    y = second(y) + x;
    return y;
  }
};

int main() {
  User model;
  (void)model(Tensor<float, 4, 6>());
  auto net = tenon::compile<Tensor<float, 4, 6>>(model);
}
