#pragma once

BOOST_AUTO_TEST_SUITE(conv)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(conv2d) {
  check_everywhere<nn::Conv2d<3, 4, nn::kernel_size<3, 2>, nn::stride<1>, nn::groups<1>>, Tensor<float, 2, 3, 7, 5>>(
      {.vectors = "Conv2d.p01.table"});
  check<nn::Conv2d<3, 4, nn::stride<2, 2>, nn::kernel_size<3, 3>, nn::dilation<1>, nn::bias<true>, nn::padding<1>,
                   nn::dtype<float>>,
        Tensor<float, 2, 3, 6, 6>>({.vectors = "Conv2d.p02.padding"});
  check_variant<nn::Conv2d<3, 4, nn::kernel_size<3, 2>, nn::bias<false>>, Tensor<float, 2, 3, 6, 5>>(
      {.vectors = "Conv2d.p03.no_bias"});
  check_variant<nn::Conv2d<4, 6, nn::kernel_size<3, 2>, nn::stride<1>, nn::dilation<1, 1>, nn::groups<2>,
                           nn::bias<true>, nn::dtype<float>>,
                Tensor<float, 2, 4, 6, 5>>({.vectors = "Conv2d.p04.groups_thnn"});
  check_variant<nn::Conv2d<4, 8, nn::kernel_size<3>, nn::groups<4>>, Tensor<float, 2, 4, 6, 6>>(
      {.vectors = "Conv2d.p05.depthwise_with_multiplier"});
  check_variant<nn::Conv2d<4, 4, nn::kernel_size<3>, nn::padding<1, 1>, nn::groups<4>, nn::dilation<1>, nn::bias<true>,
                           nn::stride<1>>,
                Tensor<float, 2, 4, 6, 6>>({.vectors = "Conv2d.p06.depthwise_padded"});
  check<nn::Conv2d<2, 3, nn::kernel_size<3>, nn::groups<1>, nn::bias<true>, nn::stride<2>, nn::dtype<float>,
                   nn::padding<1, 2>>,
        Tensor<float, 2, 2, 4, 4>>({.vectors = "Conv2d.p07.zeros_stride2_pad2"});
  check_variant<nn::Conv2d<2, 6, nn::bias<false>, nn::groups<2>, nn::stride<1, 1>, nn::kernel_size<3, 3>,
                           nn::dtype<float>, nn::dilation<3, 3>, nn::padding<2, 1>>,
                Tensor<float, 2, 2, 5, 8>>({.vectors = "Conv2d.p09.options"});
  check_everywhere<nn::Conv2d<2, 4, nn::kernel_size<2, 1>, nn::stride<2, 1>, nn::padding<1, 1>, nn::dilation<2, 3>,
                              nn::groups<2>, nn::bias<false>, nn::dtype<float>>,
                   Tensor<float, 1, 2, 5, 5>>({.vectors = "Conv2d.p10.options"});
  check_everywhere<nn::Conv2d<4, 4, nn::kernel_size<3, 2>, nn::stride<3, 2>, nn::padding<2, 2>, nn::dilation<3, 2>,
                              nn::groups<2>, nn::bias<true>, nn::dtype<float>>,
                   Tensor<float, 2, 4, 3, 8>>({.vectors = "Conv2d.p11.options"});
  check<nn::Conv2d<3, 9, nn::kernel_size<2>, nn::stride<2, 3>, nn::padding<1>, nn::dilation<3, 3>, nn::groups<3>,
                   nn::bias<false>>,
        Tensor<float, 1, 3, 3, 8>>({.vectors = "Conv2d.p12.options"});
  check_variant<nn::Conv2d<3, 6, nn::dtype<float>, nn::padding<0, 1>, nn::kernel_size<2, 1>, nn::stride<1, 1>,
                           nn::bias<false>, nn::groups<3>>,
                Tensor<float, 1, 3, 5, 5>>({.vectors = "Conv2d.p13.depthwise"});
  check<nn::Conv2d<4, 2, nn::dilation<3, 2>, nn::kernel_size<1, 3>, nn::groups<2>, nn::padding<2, 1>, nn::dtype<float>,
                   nn::stride<1, 2>, nn::bias<true>>,
        Tensor<float, 2, 4, 5, 4>>({.vectors = "Conv2d.p14.options"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_everywhere<nn::Conv2d<1, 1, nn::kernel_size<1>>, Tensor<float, 1, 1, 1, 1>>();
  check_variant<nn::Conv2d<1, 6, nn::kernel_size<5>, nn::padding<2>>, Tensor<float, 1, 1, 13, 11>>();
  check_everywhere_in_double<nn::Conv2d<5, 17, nn::kernel_size<3>, nn::padding<1>>, Tensor<float, 3, 5, 7, 19>>();
  check_everywhere<nn::Conv2d<17, 33, nn::kernel_size<3, 5>, nn::stride<2, 1>, nn::padding<4, 2>, nn::dilation<3, 1>>,
                   Tensor<float, 1, 17, 11, 13>>();
  check_variant<nn::Conv2d<7, 2, nn::kernel_size<2>, nn::padding<3>, nn::bias<false>>, Tensor<float, 2, 7, 3, 2>>();
  check<nn::Conv2d<19, 19, nn::kernel_size<3>, nn::groups<19>, nn::padding<1>>, Tensor<float, 2, 19, 5, 23>>();
  check<nn::Conv2d<32, 32, nn::kernel_size<3>, nn::groups<2>, nn::stride<2>>, Tensor<float, 1, 32, 9, 7>>();
  check_everywhere<nn::Conv2d<31, 37, nn::kernel_size<1>>, Tensor<float, 2, 31, 3, 5>>();
}

BOOST_AUTO_TEST_SUITE_END()
