#pragma once

BOOST_AUTO_TEST_SUITE(conv1d)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(vectors) {
  check<nn::Conv1d<4, 5, nn::kernel_size<3>>, Tensor<float, 2, 4, 10>>({.vectors = "Conv1d.p01.table"});
  check_variant<nn::Conv1d<4, 5, nn::kernel_size<3>, nn::padding<1>>, Tensor<float, 2, 4, 10>>(
      {.vectors = "Conv1d.p02.pad1"});
  check_variant<nn::Conv1d<4, 4, nn::kernel_size<3>, nn::padding<1>>, Tensor<float, 1, 4, 1>>(
      {.vectors = "Conv1d.p03.pad1size1"});
  check_variant<nn::Conv1d<4, 5, nn::kernel_size<3>, nn::dilation<2>>, Tensor<float, 2, 4, 10>>(
      {.vectors = "Conv1d.p04.dilated"});
  check_variant<nn::Conv1d<2, 3, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>>, Tensor<float, 2, 2, 4>>(
      {.vectors = "Conv1d.p05.zeros_stride2_pad2"});
  check_everywhere<nn::Conv1d<2, 2, nn::kernel_size<4>, nn::stride<2>, nn::padding<1>, nn::dilation<2>>,
                   Tensor<float, 1, 2, 13>>({.vectors = "Conv1d.p07.options"});
  check_variant<nn::Conv1d<2, 4, nn::kernel_size<3>, nn::stride<3>, nn::groups<2>>, Tensor<float, 2, 2, 8>>(
      {.vectors = "Conv1d.p08.options"});
  check_variant<nn::Conv1d<4, 2, nn::kernel_size<2>, nn::stride<3>, nn::padding<1>, nn::dilation<2>, nn::groups<2>>,
                Tensor<float, 1, 4, 12>>({.vectors = "Conv1d.p09.options"});
  check<nn::Conv1d<6, 9, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>, nn::groups<3>, nn::bias<false>>,
        Tensor<float, 2, 6, 9>>({.vectors = "Conv1d.p10.options"});
  check<nn::Conv1d<3, 6, nn::kernel_size<2>, nn::stride<3>, nn::padding<1>, nn::groups<3>>, Tensor<float, 1, 3, 5>>(
      {.vectors = "Conv1d.p11.depthwise"});
  check_variant<nn::Conv1d<2, 4, nn::kernel_size<2>, nn::stride<3>, nn::padding<2>, nn::groups<2>, nn::bias<false>>,
                Tensor<float, 2, 2, 3>>({.vectors = "Conv1d.p12.options"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_variant<nn::Conv1d<1, 1, nn::kernel_size<1>>, Tensor<float, 1, 1, 1>>();
  check<nn::Conv1d<1, 2, nn::kernel_size<5>, nn::padding<2>>, Tensor<float, 1, 1, 97>>();
  check<nn::Conv1d<17, 33, nn::kernel_size<7>, nn::stride<2>, nn::padding<4>, nn::dilation<3>>,
        Tensor<float, 1, 17, 41>>();
  check<nn::Conv1d<19, 19, nn::kernel_size<3>, nn::groups<19>, nn::dilation<8>, nn::bias<false>>,
        Tensor<float, 2, 19, 53>>();
}

// A chain in which the edges between 1-d layers stay blocked.
BOOST_AUTO_TEST_CASE(chain) {
  check<nn::Sequential<nn::Conv1d<1, 16, nn::kernel_size<9>, nn::padding<4>, nn::stride<4>>, nn::ReLU,
                       nn::Conv1d<16, 16, nn::kernel_size<3>, nn::groups<16>, nn::padding<1>>, nn::Tanh,
                       nn::Conv1d<16, 24, nn::kernel_size<1>>, nn::Tanh, nn::Flatten<>, nn::Linear<24 * 15, 3>>,
        Tensor<float, 2, 1, 60>>();
}

BOOST_AUTO_TEST_SUITE_END()
