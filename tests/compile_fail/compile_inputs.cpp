// A net of two inputs for a forward that takes one.
// g++: the forward of the model does not take so many inputs, or none of such types; model and inputs.*Types<.*Tensor<float, 1, 3>, .*Tensor<float, 1, 2>
// clang: Types<.*Tensor<float, 1, 3>, .*Tensor<float, 1, 2> ?>.*the forward of the model does not take so many inputs, or none of such types; model and inputs
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Net : nn::Module<Net> {
  BOOST_HANA_DEFINE_STRUCT(Net, (nn::Linear<3, 2>, fc));
  auto forward(const auto& x) const { return fc(x); }
};

int main() {
  auto net = tenon::compile<Tensor<float, 1, 3>, Tensor<float, 1, 2>>(Net{});
}
