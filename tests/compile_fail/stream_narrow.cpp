// A crop of the latest elements.
// g++: narrow along time may leave out the oldest
// g++: operation::Narrow<2, 0, 14>
// clang: narrow along time may leave out the oldest
// clang: operation::Narrow<2, 0, 14>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

struct Crop : nn::Module<Crop> {
  using Mix = nn::Conv1d<2, 2, nn::kernel_size<1>>;
  BOOST_HANA_DEFINE_STRUCT(Crop, (Mix, mix));
  auto forward(const auto& x) const { return tenon::narrow<2, 0, 14>(mix(x)); }
};

int main() {
  Crop model;
  using Block = Tensor<float, 1, 2, 16>;
  auto stream = tenon::compile_stream<Block>(model);
  const auto& y = stream.step(Block{});
}
