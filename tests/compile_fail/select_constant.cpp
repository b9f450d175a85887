// A constant position outside the leading axis, in a compiled net.
// g++: "x\[i\] expects input \(>=4, \.\.\.\), got \(3, 10\)"
// clang: detail::Subscript, tenon::expected_input<.*at_least.*>, tenon::actual_input<3, 10>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::Tensor;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User);
  auto forward(const auto& x) { return tenon::reshape<5, 2>(x[3_c] + x[0_c])[1]; }
};

int main() {
  User model;
  auto net = tenon::compile<Tensor<float, 3, 10>>(model);
}
