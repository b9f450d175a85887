#pragma once

BOOST_AUTO_TEST_SUITE(conv3d)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(vectors) {
  check<nn::Conv3d<2, 3, nn::kernel_size<2, 3, 2>>, Tensor<float, 1, 2, 4, 5, 4>>({.vectors = "Conv3d.p01.table"});
  check<nn::Conv3d<2, 3, nn::kernel_size<1>, nn::bias<false>>, Tensor<float, 1, 2, 3, 4, 5>>(
      {.vectors = "Conv3d.p02.1x1x1_no_bias"});
  check_variant<nn::Conv3d<3, 4, nn::kernel_size<2>, nn::stride<2>, nn::padding<1>>, Tensor<float, 2, 3, 5, 5, 5>>(
      {.vectors = "Conv3d.p03.stride_padding"});
  check_variant<nn::Conv3d<3, 4, nn::kernel_size<2>, nn::dilation<2>>, Tensor<float, 2, 3, 5, 5, 5>>(
      {.vectors = "Conv3d.p04.dilated"});
  check_variant<nn::Conv3d<2, 3, nn::kernel_size<3>, nn::stride<2>, nn::padding<1, 2, 3>>,
                Tensor<float, 2, 2, 4, 4, 4>>({.vectors = "Conv3d.p05.zeros_stride2_pad2"});
  check<nn::Conv3d<3, 9, nn::kernel_size<1, 1, 3>, nn::stride<2, 2, 3>, nn::padding<1, 2, 1>, nn::dilation<1, 1, 2>,
                   nn::groups<3>>,
        Tensor<float, 2, 3, 5, 5, 3>>({.vectors = "Conv3d.p07.options"});
  check_variant<nn::Conv3d<4, 4, nn::kernel_size<3>, nn::stride<1, 2, 2>, nn::padding<0, 1, 2>, nn::groups<2>>,
                Tensor<float, 2, 4, 4, 3, 4>>({.vectors = "Conv3d.p08.options"});
  check_variant<nn::Conv3d<2, 6, nn::kernel_size<2, 2, 1>, nn::stride<2>, nn::padding<0, 2, 0>, nn::dilation<2, 2, 1>,
                           nn::groups<2>, nn::bias<false>>,
                Tensor<float, 2, 2, 3, 5, 3>>({.vectors = "Conv3d.p09.options"});
  check_everywhere<nn::Conv3d<4, 6, nn::kernel_size<2>, nn::stride<1, 2, 2>, nn::padding<0, 1, 1>,
                              nn::dilation<2, 2, 1>, nn::groups<2>>,
                   Tensor<float, 1, 4, 5, 3, 3>>({.vectors = "Conv3d.p10.options"});
  check_variant<nn::Conv3d<3, 6, nn::kernel_size<2, 3, 1>, nn::stride<3, 2, 2>, nn::padding<2, 2, 1>,
                           nn::dilation<2, 2, 1>, nn::groups<3>>,
                Tensor<float, 1, 3, 3, 4, 3>>({.vectors = "Conv3d.p11.depthwise"});
  check_variant<
      nn::Conv3d<1, 1, nn::kernel_size<2, 1, 2>, nn::stride<3, 1, 3>, nn::padding<0, 1, 1>, nn::dilation<2, 2, 1>>,
      Tensor<float, 2, 1, 3, 3, 4>>({.vectors = "Conv3d.p12.options"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::Conv3d<1, 1, nn::kernel_size<1>>, Tensor<float, 1, 1, 1, 1, 1>>();
  check<nn::Conv3d<3, 17, nn::kernel_size<3>, nn::padding<1>>, Tensor<float, 1, 3, 3, 5, 19>>();
  check_variant<nn::Conv3d<7, 2, nn::kernel_size<2>, nn::padding<3>, nn::bias<false>>, Tensor<float, 2, 7, 1, 3, 2>>();
  check_variant<nn::Conv3d<4, 9, nn::kernel_size<1, 3, 2>, nn::stride<2, 1, 3>, nn::dilation<1, 2, 3>>,
                Tensor<float, 1, 4, 4, 5, 11>>();
}

BOOST_AUTO_TEST_CASE(chain) {
  check<nn::Sequential<nn::Conv3d<2, 5, nn::kernel_size<3>, nn::padding<1>>, nn::ReLU,
                       nn::Conv3d<5, 4, nn::kernel_size<3>, nn::stride<2>>, nn::Tanh>,
        Tensor<float, 2, 2, 3, 5, 7>>();
}

BOOST_AUTO_TEST_SUITE_END()
