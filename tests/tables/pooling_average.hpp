#pragma once

BOOST_AUTO_TEST_SUITE(pooling_average)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(avg_pool1d) {
  check<nn::AvgPool1d<nn::kernel_size<2>, nn::stride<2>, nn::ceil_mode<false>>, Tensor<float, 2, 3, 6>>(
      {.vectors = "AvgPool1d.p01.table"});
  check_variant<nn::AvgPool1d<nn::stride<2>, nn::ceil_mode<false>, nn::padding<1>, nn::kernel_size<2>>,
                Tensor<float, 2, 3, 6>>({.vectors = "AvgPool1d.p02.stride_pad"});
  check_variant<nn::AvgPool1d<nn::kernel_size<3>, nn::stride<3>, nn::padding<0>>, Tensor<float, 1, 2, 12>>(
      {.vectors = "AvgPool1d.p04.pad_counted"});
  check_variant<nn::AvgPool1d<nn::count_include_pad<true>, nn::stride<3>, nn::ceil_mode<true>, nn::kernel_size<4>>,
                Tensor<float, 2, 3, 15>>({.vectors = "AvgPool1d.p05.ceil_pad_counted"});
  check_variant<nn::AvgPool1d<nn::kernel_size<4>, nn::stride<3>, nn::padding<2>, nn::ceil_mode<false>,
                              nn::count_include_pad<false>>,
                Tensor<float, 2, 2, 10>>({.vectors = "AvgPool1d.p06.pad_not_counted"});
  check<nn::AvgPool1d<nn::stride<2>, nn::kernel_size<3>, nn::padding<1>, nn::ceil_mode<true>,
                      nn::count_include_pad<false>>,
        Tensor<float, 2, 2, 10>>({.vectors = "AvgPool1d.p07.ceil_pad_not_counted"});
  check_everywhere<nn::AvgPool1d<nn::kernel_size<4>, nn::stride<2>, nn::padding<2>, nn::ceil_mode<true>>,
                   Tensor<float, 1, 3, 12>>({.vectors = "AvgPool1d.p08.ceil_pad_counted"});
  check_variant<nn::AvgPool1d<nn::kernel_size<4>, nn::stride<2>, nn::padding<1>, nn::ceil_mode<true>,
                              nn::count_include_pad<false>>,
                Tensor<float, 1, 1, 8>>({.vectors = "AvgPool1d.p09.ceil_pad_not_counted"});
}

BOOST_AUTO_TEST_CASE(avg_pool2d) {
  check_variant<nn::AvgPool2d<nn::kernel_size<2>, nn::stride<2>>, Tensor<float, 2, 3, 6, 6>>(
      {.vectors = "AvgPool2d.p01.table"});
  check_everywhere<nn::AvgPool2d<nn::kernel_size<2, 2>, nn::stride<2, 2>, nn::padding<1>, nn::ceil_mode<false>,
                                 nn::count_include_pad<true>>,
                   Tensor<float, 2, 3, 6, 6>>({.vectors = "AvgPool2d.p02.stride_pad"});
  check_variant<nn::AvgPool2d<nn::kernel_size<3, 4>>, Tensor<float, 1, 2, 9, 6>>(
      {.vectors = "AvgPool2d.p04.pad_counted"});
  check<nn::AvgPool2d<nn::stride<2>, nn::kernel_size<4, 2>, nn::ceil_mode<true>, nn::count_include_pad<true>,
                      nn::padding<0>>,
        Tensor<float, 2, 1, 9, 5>>({.vectors = "AvgPool2d.p05.ceil_pad_counted"});
  check_variant<nn::AvgPool2d<nn::kernel_size<4, 1>, nn::stride<1, 3>, nn::ceil_mode<false>,
                              nn::count_include_pad<false>, nn::padding<2, 0>>,
                Tensor<float, 2, 2, 5, 8>>({.vectors = "AvgPool2d.p06.pad_not_counted"});
  check_variant<nn::AvgPool2d<nn::stride<2, 2>, nn::ceil_mode<true>, nn::count_include_pad<false>, nn::padding<0, 1>,
                              nn::kernel_size<3, 4>>,
                Tensor<float, 1, 2, 6, 7>>({.vectors = "AvgPool2d.p07.ceil_pad_not_counted"});
  check_variant<nn::AvgPool2d<nn::kernel_size<4, 3>, nn::stride<1, 2>, nn::padding<2, 1>, nn::ceil_mode<true>>,
                Tensor<float, 2, 3, 6, 6>>({.vectors = "AvgPool2d.p08.ceil_pad_counted"});
  check_everywhere_in_double<nn::AvgPool2d<nn::kernel_size<2, 4>, nn::stride<1, 3>, nn::padding<1, 2>,
                                           nn::ceil_mode<true>, nn::count_include_pad<false>>,
                             Tensor<float, 2, 2, 8, 9>>({.vectors = "AvgPool2d.p09.ceil_pad_not_counted"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::AvgPool1d<nn::kernel_size<3>, nn::stride<1>, nn::padding<1>>, Tensor<float, 1, 1, 67>>();
  check<nn::AvgPool1d<nn::kernel_size<35>, nn::stride<2>>, Tensor<float, 1, 1, 71>>();
  check_variant<nn::AvgPool2d<nn::kernel_size<2>>, Tensor<float, 1, 17, 6, 37>>();
  check<nn::AvgPool2d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>, nn::count_include_pad<false>>,
        Tensor<float, 2, 3, 9, 41>>();
  check<nn::AvgPool2d<nn::kernel_size<1>>, Tensor<float, 1, 1, 1, 1>>();
}

BOOST_AUTO_TEST_SUITE_END()
