// A sum with a tensor that is no input.
// g++: an operand has no time
// g++: operation::Add
// g++: Tensor<float, 1, 2, 16>
// clang: an operand has no time
// clang: operation::Add
// clang: Tensor<float, 1, 2, 16>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Offset : nn::Module<Offset> {
  using Mix = nn::Conv1d<2, 2, nn::kernel_size<1>>;
  using Value = nn::Parameter<Tensor<float, 1, 2, 16>>;
  BOOST_HANA_DEFINE_STRUCT(Offset, (Mix, mix), (Value, value));
  auto forward(const auto& x) const { return mix(x) + value; }
};

int main() {
  Offset model;
  using Block = Tensor<float, 1, 2, 16>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
