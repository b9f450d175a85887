#pragma once

BOOST_AUTO_TEST_SUITE(pooling)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(max_pool2d) {
  check<nn::MaxPool2d<nn::ceil_mode<false>, nn::stride<2, 2>, nn::padding<1>, nn::kernel_size<3, 3>>,
        Tensor<float, 1, 3, 7, 7>>({.vectors = "MaxPool2d.p01.4d_input"});
  check_everywhere<nn::MaxPool2d<nn::kernel_size<3, 1>, nn::stride<3, 1>, nn::padding<1, 0>, nn::dilation<2>,
                                 nn::return_indices<false>, nn::ceil_mode<false>>,
                   Tensor<float, 1, 1, 9, 4>>({.vectors = "MaxPool2d.p03.options", .device_tolerance = exactly});
  check_variant<nn::MaxPool2d<nn::kernel_size<2, 4>, nn::stride<2, 4>, nn::padding<0, 0>, nn::return_indices<true>,
                              nn::ceil_mode<true>>,
                Tensor<float, 2, 2, 6, 7>>({.vectors = "MaxPool2d.p04.indices"});
  check<nn::MaxPool2d<nn::dilation<2, 2>, nn::padding<1, 1>, nn::stride<1, 3>, nn::return_indices<true>,
                      nn::ceil_mode<false>, nn::kernel_size<2, 3>>,
        Tensor<float, 1, 3, 5, 6>>({.vectors = "MaxPool2d.p05.indices"});
  check_variant<nn::MaxPool2d<nn::return_indices<false>, nn::stride<2, 1>, nn::kernel_size<1>, nn::ceil_mode<true>,
                              nn::dilation<2>, nn::padding<0, 0>>,
                Tensor<float, 1, 2, 9, 6>>({.vectors = "MaxPool2d.p06.options"});
  check_variant<nn::MaxPool2d<nn::padding<1, 1>, nn::dilation<2, 1>, nn::return_indices<true>, nn::kernel_size<2, 3>,
                              nn::ceil_mode<false>, nn::stride<1, 2>>,
                Tensor<float, 1, 3, 4, 7>>({.vectors = "MaxPool2d.p07.indices"});
  check_variant<nn::MaxPool2d<nn::kernel_size<2, 1>, nn::stride<1, 1>, nn::padding<1, 0>, nn::dilation<1, 2>,
                              nn::return_indices<true>, nn::ceil_mode<true>>,
                Tensor<float, 1, 1, 8, 6>>({.vectors = "MaxPool2d.p08.indices"});
}

BOOST_AUTO_TEST_CASE(max_pool1d) {
  check<nn::MaxPool1d<nn::kernel_size<4>, nn::stride<4>, nn::dilation<1>>, Tensor<float, 2, 10, 4>>(
      {.vectors = "MaxPool1d.p01.table"});
  check_variant<nn::MaxPool1d<nn::return_indices<true>, nn::ceil_mode<false>, nn::kernel_size<4>>,
                Tensor<float, 2, 10, 4>>({.vectors = "MaxPool1d.p02.return_indices"});
  check_variant<nn::MaxPool1d<nn::dilation<1>, nn::stride<1>, nn::kernel_size<2>>, Tensor<float, 1, 1, 5>>(
      {.vectors = "MaxPool1d.p03.options"});
  check_variant<
      nn::MaxPool1d<nn::kernel_size<2>, nn::padding<1>, nn::dilation<1>, nn::return_indices<true>, nn::ceil_mode<true>>,
      Tensor<float, 1, 1, 12>>({.vectors = "MaxPool1d.p04.indices"});
  check_variant<nn::MaxPool1d<nn::kernel_size<4>, nn::stride<3>, nn::padding<1>, nn::dilation<2>,
                              nn::return_indices<true>, nn::ceil_mode<false>>,
                Tensor<float, 1, 3, 11>>({.vectors = "MaxPool1d.p05.indices"});
  check<nn::MaxPool1d<nn::kernel_size<4>, nn::stride<1>, nn::padding<2>, nn::dilation<1>, nn::return_indices<false>,
                      nn::ceil_mode<true>>,
        Tensor<float, 1, 1, 7>>({.vectors = "MaxPool1d.p06.options"});
  check_variant<nn::MaxPool1d<nn::kernel_size<1>, nn::stride<1>, nn::padding<0>, nn::return_indices<true>>,
                Tensor<float, 1, 3, 6>>({.vectors = "MaxPool1d.p07.indices"});
  check_variant<nn::MaxPool1d<nn::kernel_size<2>, nn::stride<2>, nn::padding<1>, nn::dilation<2>,
                              nn::return_indices<true>, nn::ceil_mode<true>>,
                Tensor<float, 2, 2, 4>>({.vectors = "MaxPool1d.p08.indices"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::MaxPool1d<nn::kernel_size<3>, nn::stride<1>>, Tensor<float, 1, 1, 67>>();
  check<nn::MaxPool1d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>>, Tensor<float, 2, 3, 37>>();
  check<nn::MaxPool1d<nn::kernel_size<2>>, Tensor<float, 1, 5, 41>>();
  check_everywhere<nn::MaxPool2d<nn::kernel_size<2>>, Tensor<float, 2, 3, 28, 29>>(exactly);
  check<nn::MaxPool2d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>>, Tensor<float, 1, 17, 9, 41>>();
  check_everywhere<nn::MaxPool2d<nn::kernel_size<1>>, Tensor<float, 1, 1, 1, 1>>(exactly);
  check_everywhere<nn::MaxPool2d<nn::kernel_size<5, 2>, nn::stride<1, 3>, nn::padding<2, 1>, nn::dilation<1, 2>,
                                 nn::ceil_mode<true>>,
                   Tensor<float, 1, 2, 7, 11>>(exactly);
  check<nn::MaxPool2d<nn::kernel_size<4>, nn::stride<3>, nn::return_indices<true>>, Tensor<float, 1, 2, 13, 67>>();
}

BOOST_AUTO_TEST_SUITE_END()
