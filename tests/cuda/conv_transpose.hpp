#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/conv_transpose1d.hpp"
#include "../tables/conv_transpose2d.hpp"
#include "../tables/conv_transpose3d.hpp"

BOOST_AUTO_TEST_SUITE(conv_transpose)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(one_by_one) {
  check_on_device<nn::ConvTranspose2d<3, 5, nn::kernel_size<1>>, Tensor<float, 2, 3, 4, 5>>();
  check_on_device<nn::ConvTranspose2d<2, 3, nn::kernel_size<1>, nn::output_padding<0, 1>, nn::dilation<2>>,
                  Tensor<float, 2, 2, 3, 4>>();
}

// A batch normalization folded into weights whose outermost axis is not the output channels, and an activation.
BOOST_AUTO_TEST_CASE(folded_into_transposed) {
  nn::Sequential<nn::ConvTranspose2d<4, 6, nn::kernel_size<3>, nn::stride<2>, nn::groups<2>>, nn::BatchNorm2d<6>,
                 nn::ReLU>
      decoder;
  const auto x = random<Tensor<float, 2, 4, 3, 5>>();
  for (int warm = 0; warm < 9; ++warm) (void)decoder(x);  // statistics that differ from channel to channel
  check_compiled(decoder, x, closely<float>);
}

BOOST_AUTO_TEST_SUITE_END()
