#pragma once

BOOST_AUTO_TEST_SUITE(conv_transpose1d)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(vectors) {
  check<nn::ConvTranspose1d<3, 4, nn::kernel_size<3>, nn::stride<3>, nn::padding<1>, nn::output_padding<1>>,
        Tensor<float, 1, 3, 7>>({.vectors = "ConvTranspose1d.p01.table"});
  check<nn::ConvTranspose1d<3, 4, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>, nn::output_padding<1>,
                            nn::dilation<2>>,
        Tensor<float, 1, 3, 6>>({.vectors = "ConvTranspose1d.p02.dilated"});
  check_variant<nn::ConvTranspose1d<4, 5, nn::kernel_size<3>>, Tensor<float, 2, 4, 3>>(
      {.vectors = "ConvTranspose1d.p03.db_0"});
  check_variant<
      nn::ConvTranspose1d<4, 2, nn::kernel_size<4>, nn::stride<2>, nn::padding<2>, nn::dilation<3>, nn::groups<2>>,
      Tensor<float, 1, 4, 6>>({.vectors = "ConvTranspose1d.p05.options"});
  check_variant<nn::ConvTranspose1d<2, 2, nn::kernel_size<4>, nn::stride<2>, nn::padding<2>, nn::output_padding<1>,
                                    nn::dilation<2>, nn::groups<2>>,
                Tensor<float, 1, 2, 6>>({.vectors = "ConvTranspose1d.p06.output_padding"});
  check<nn::ConvTranspose1d<2, 3, nn::kernel_size<5>, nn::stride<2>, nn::padding<1>, nn::bias<false>>,
        Tensor<float, 2, 2, 13>, nn::output_size<27>>({.vectors = "ConvTranspose1d.p07.output_size"});
  check_everywhere<nn::ConvTranspose1d<2, 3, nn::kernel_size<4>, nn::stride<3>, nn::padding<2>, nn::output_padding<2>>,
                   Tensor<float, 2, 2, 6>>({.vectors = "ConvTranspose1d.p08.output_padding"});
  check_variant<
      nn::ConvTranspose1d<2, 1, nn::kernel_size<3>, nn::stride<2>, nn::padding<2>, nn::dilation<3>, nn::bias<false>>,
      Tensor<float, 1, 2, 13>, nn::output_size<27>>({.vectors = "ConvTranspose1d.p09.output_size"});
  check<nn::ConvTranspose1d<2, 4, nn::kernel_size<5>, nn::padding<2>, nn::output_padding<1>, nn::dilation<2>,
                            nn::groups<2>>,
        Tensor<float, 2, 2, 6>>({.vectors = "ConvTranspose1d.p10.output_padding"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_variant<nn::ConvTranspose1d<1, 1, nn::kernel_size<1>>, Tensor<float, 1, 1, 1>>();
  // No tap of the kernel reaches the output.
  check<nn::ConvTranspose1d<2, 3, nn::kernel_size<1>, nn::stride<4>, nn::padding<1>, nn::output_padding<2>>,
        Tensor<float, 1, 2, 1>>();
  check<nn::ConvTranspose1d<5, 17, nn::kernel_size<4>, nn::stride<2>, nn::padding<1>>, Tensor<float, 3, 5, 19>>();
}

BOOST_AUTO_TEST_SUITE_END()
