#include "chapter.hpp"
#include "tables/conv_transpose1d.hpp"

using namespace tenon_test;

namespace {

struct Upsampling : nn::Module<Upsampling> {
  using Transpose = nn::ConvTranspose1d<3, 4, nn::kernel_size<3>, nn::stride<2>>;
  BOOST_HANA_DEFINE_STRUCT(Upsampling, (Transpose, upsample));
  auto forward(const auto& x) { return upsample(x, nn::output_size<16>{}); }
};

BOOST_AUTO_TEST_CASE(output_size_in_a_compiled_module) {
  Upsampling module;
  const auto x = random_argument<Tensor<float, 2, 3, 7>>(1);
  auto net = tenon::compile<Tensor<float, 2, 3, 7>>(module);
  compare("compiled", net(x), numbers(module(x)), 1e-5, 1e-5);
}

}  // namespace
