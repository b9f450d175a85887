#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(conv_transpose)
using namespace against_host;

BOOST_AUTO_TEST_CASE(transposed) {
  check<nn::ConvTranspose1d<3, 4, nn::kernel_size<4>, nn::stride<3>, nn::padding<2>, nn::output_padding<2>>,
        Tensor<float, 2, 3, 6>>();
  check<nn::ConvTranspose2d<6, 9, nn::kernel_size<3, 1>, nn::stride<3, 1>, nn::dilation<1, 3>, nn::groups<3>,
                            nn::bias<false>>,
        Tensor<float, 2, 6, 4, 5>>();
  check<nn::ConvTranspose2d<3, 5, nn::kernel_size<1>>, Tensor<float, 2, 3, 4, 5>>();
  check<nn::ConvTranspose2d<2, 3, nn::kernel_size<1>, nn::output_padding<0, 1>, nn::dilation<2>>,
        Tensor<float, 2, 2, 3, 4>>();
  check<
      nn::ConvTranspose3d<2, 3, nn::kernel_size<3, 1, 2>, nn::stride<2, 1, 3>, nn::padding<1, 0, 1>, nn::dtype<double>>,
      Tensor<double, 2, 2, 3, 4, 2>>();
}

BOOST_AUTO_TEST_CASE(output_size) {
  nn::ConvTranspose2d<2, 3, nn::kernel_size<3>, nn::stride<2>> layer;
  const auto x = random<Tensor<float, 2, 2, 4, 3>>();
  auto on_device = layer.cuda(0);
  check_equal(layer(x, nn::output_size<10, 7>{}), on_device(tenon::cuda::copy(x), nn::output_size<10, 7>{}),
              closely<float>);
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
