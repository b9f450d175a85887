// One element of a sequence.
// g++: combines elements of different times
// g++: operation::SelectAlong<0>
// clang: combines elements of different times
// clang: operation::SelectAlong<0>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Last : nn::Module<Last> {
  BOOST_HANA_DEFINE_STRUCT(Last, (nn::GRU<2, 4>, gru));
  auto forward(const auto& x) const { return std::get<0>(gru(x))[-1]; }
};

int main() {
  Last model;
  using Block = Tensor<float, 8, 1, 2>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
