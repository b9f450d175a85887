// A recurrent layer that is given its states.
// g++: is given its states
// g++: operation::GRU
// clang: is given its states
// clang: operation::GRU
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Recurrence : nn::Module<Recurrence> {
  using Value = nn::Parameter<Tensor<float, 1, 1, 4>>;
  BOOST_HANA_DEFINE_STRUCT(Recurrence, (nn::GRU<2, 4>, gru), (Value, first));
  auto forward(const auto& x) const { return std::get<0>(gru(x, first)); }
};

int main() {
  Recurrence model;
  using Block = Tensor<float, 8, 1, 2>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
