// A net of two results called with one tensor for them.
// g++: net takes its inputs, or these and the tensors to write its results into, and no other number of arguments
// clang: net takes its inputs, or these and the tensors to write its results into, and no other number of arguments
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Net : nn::Module<Net> {
  BOOST_HANA_DEFINE_STRUCT(Net, (nn::Linear<3, 2>, a), (nn::Linear<3, 4>, b));
  auto forward(const auto& x) const { return std::tuple{a(x), b(x)}; }
};

int main() {
  auto net = tenon::compile<Tensor<float, 1, 3>>(Net{});
  Tensor<float, 1, 2> y;
  net(Tensor<float, 1, 3>(), y);
}
