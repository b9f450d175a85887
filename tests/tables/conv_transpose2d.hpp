#pragma once

BOOST_AUTO_TEST_SUITE(conv_transpose2d)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(vectors) {
  check<nn::ConvTranspose2d<3, 4, nn::kernel_size<3>, nn::stride<3, 2>, nn::padding<1>, nn::output_padding<1>>,
        Tensor<float, 1, 3, 7, 6>>({.vectors = "ConvTranspose2d.p01.table"});
  check_variant<nn::ConvTranspose2d<3, 4, nn::kernel_size<3>, nn::stride<2, 3>, nn::padding<1>, nn::output_padding<1>,
                                    nn::bias<false>>,
                Tensor<float, 1, 3, 6, 7>>({.vectors = "ConvTranspose2d.p02.no_bias"});
  check_variant<nn::ConvTranspose2d<4, 5, nn::kernel_size<3>>, Tensor<float, 2, 4, 3, 4>>(
      {.vectors = "ConvTranspose2d.p03.db_0"});
  check_variant<nn::ConvTranspose2d<6, 9, nn::kernel_size<3, 1>, nn::stride<3, 1>, nn::output_padding<2, 0>,
                                    nn::dilation<1, 3>, nn::groups<3>>,
                Tensor<float, 2, 6, 8, 5>>({.vectors = "ConvTranspose2d.p05.output_padding"});
  check_everywhere<nn::ConvTranspose2d<4, 4, nn::kernel_size<1, 3>, nn::stride<2, 3>, nn::padding<0, 2>,
                                       nn::output_padding<0, 2>, nn::dilation<2, 1>, nn::groups<2>, nn::bias<false>>,
                   Tensor<float, 1, 4, 8, 8>>({.vectors = "ConvTranspose2d.p06.output_padding"});
  check_everywhere<nn::ConvTranspose2d<3, 3, nn::kernel_size<3>, nn::stride<3, 2>, nn::padding<2, 1>,
                                       nn::dilation<1, 3>, nn::groups<3>>,
                   Tensor<float, 2, 3, 6, 3>, nn::output_size<16, 10>>({.vectors = "ConvTranspose2d.p07.output_size"});
  check_variant<
      nn::ConvTranspose2d<6, 9, nn::kernel_size<1, 2>, nn::stride<2, 3>, nn::output_padding<1, 2>, nn::groups<3>>,
      Tensor<float, 1, 6, 4, 4>>({.vectors = "ConvTranspose2d.p08.output_padding"});
  check_variant<nn::ConvTranspose2d<2, 2, nn::kernel_size<2, 3>, nn::stride<2>, nn::padding<1, 2>, nn::groups<2>,
                                    nn::bias<false>>,
                Tensor<float, 2, 2, 4, 5>, nn::output_size<7, 7>>({.vectors = "ConvTranspose2d.p09.output_size"});
  check_variant<nn::ConvTranspose2d<1, 3, nn::kernel_size<1, 2>, nn::padding<0, 1>, nn::output_padding<1>,
                                    nn::dilation<2>, nn::bias<false>>,
                Tensor<float, 2, 1, 7, 7>>({.vectors = "ConvTranspose2d.p10.output_padding"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::ConvTranspose2d<17, 33, nn::kernel_size<3, 5>, nn::stride<2, 1>, nn::padding<1, 3>, nn::dilation<1, 2>>,
        Tensor<float, 1, 17, 5, 13>>();
  check<nn::ConvTranspose2d<19, 19, nn::kernel_size<2>, nn::stride<2>, nn::groups<19>>, Tensor<float, 2, 19, 5, 3>>();
}

// A decoder: the batch normalization is folded into the weights, whose output channels are not the outermost axis.
BOOST_AUTO_TEST_CASE(chain) {
  check<nn::Sequential<nn::ConvTranspose2d<6, 4, nn::kernel_size<3>, nn::stride<2>, nn::groups<2>>, nn::BatchNorm2d<4>,
                       nn::ReLU, nn::ConvTranspose2d<4, 3, nn::kernel_size<2>>, nn::Tanh>,
        Tensor<float, 2, 6, 4, 3>>();
}

BOOST_AUTO_TEST_SUITE_END()
