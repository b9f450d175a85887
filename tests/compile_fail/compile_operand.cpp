// A net whose PReLU is given a weight that is no parameter of a layer.
// g++: static assertion failed: a compiled net does not compute this operation on such operands
// clang: a compiled net does not compute this operation on such operands
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Net : nn::Module<Net> {
  BOOST_HANA_DEFINE_STRUCT(Net, (nn::Parameter<Tensor<float, 1>>, slope));
  auto forward(const auto& x) const { return nn::functional::prelu(x, 2 * slope); }
};

int main() {
  auto net = tenon::compile<Tensor<float, 1, 3>>(Net{});
}
