// A net whose forward makes a mistake in one of several results.
// g++: Linear expects input \(\*, 3\), got \(1, 2\)
// clang: operation::Linear<3, 2>.*actual_input<1, 2>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Net : nn::Module<Net> {
  BOOST_HANA_DEFINE_STRUCT(Net, (nn::Linear<3, 2>, fc));
  auto forward(const auto& x) const {
    auto y = fc(x);
    return std::tuple{y, fc(y)};
  }
};

int main() {
  auto net = tenon::compile<Tensor<float, 1, 3>>(Net{});
}
