#pragma once

BOOST_AUTO_TEST_SUITE(conv_transpose3d)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(vectors) {
  check<nn::ConvTranspose3d<2, 3, nn::kernel_size<2, 3, 2>>, Tensor<float, 1, 2, 4, 5, 4>>(
      {.vectors = "ConvTranspose3d.p01.table"});
  check_variant<nn::ConvTranspose3d<4, 5, nn::kernel_size<3>>, Tensor<float, 2, 4, 3, 4, 5>>(
      {.vectors = "ConvTranspose3d.p02.db_0"});
  check_variant<
      nn::ConvTranspose3d<1, 3, nn::kernel_size<3, 3, 2>, nn::stride<2>, nn::padding<1, 2, 1>, nn::dilation<2>>,
      Tensor<float, 1, 1, 3, 4, 5>>({.vectors = "ConvTranspose3d.p04.options"});
  check_variant<
      nn::ConvTranspose3d<2, 4, nn::kernel_size<3, 1, 2>, nn::padding<1, 0, 1>, nn::dilation<2>, nn::groups<2>>,
      Tensor<float, 1, 2, 5, 5, 4>>({.vectors = "ConvTranspose3d.p05.options"});
  check_variant<
      nn::ConvTranspose3d<1, 2, nn::kernel_size<2, 3, 3>, nn::stride<2>, nn::padding<1, 2, 2>, nn::dilation<1, 1, 2>>,
      Tensor<float, 2, 1, 5, 4, 4>, nn::output_size<8, 5, 7>>({.vectors = "ConvTranspose3d.p06.output_size"});
  check<nn::ConvTranspose3d<2, 3, nn::kernel_size<3, 1, 2>, nn::stride<2, 2, 3>, nn::padding<1, 0, 2>,
                            nn::output_padding<1, 1, 2>, nn::dilation<1, 1, 2>, nn::bias<false>>,
        Tensor<float, 2, 2, 5, 4, 5>>({.vectors = "ConvTranspose3d.p07.output_padding"});
  check<nn::ConvTranspose3d<3, 9, nn::kernel_size<1, 1, 3>, nn::stride<2>, nn::padding<0, 0, 2>, nn::dilation<1, 2, 2>,
                            nn::groups<3>>,
        Tensor<float, 2, 3, 3, 5, 3>, nn::output_size<5, 9, 6>>({.vectors = "ConvTranspose3d.p08.output_size"});
  check_variant<nn::ConvTranspose3d<3, 3, nn::kernel_size<3, 3, 2>, nn::padding<1, 0, 0>, nn::output_padding<1>,
                                    nn::dilation<2>, nn::groups<3>, nn::bias<false>>,
                Tensor<float, 2, 3, 5, 5, 3>>({.vectors = "ConvTranspose3d.p09.output_padding"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_everywhere_in_double<
      nn::ConvTranspose3d<3, 5, nn::kernel_size<3, 2, 4>, nn::stride<1, 3, 2>, nn::padding<2, 0, 1>>,
      Tensor<float, 1, 3, 4, 3, 5>>();
}

BOOST_AUTO_TEST_SUITE_END()
