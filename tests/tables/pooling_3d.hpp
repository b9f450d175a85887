#pragma once

BOOST_AUTO_TEST_SUITE(pooling_3d)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(max_pool3d) {
  check<nn::MaxPool3d<nn::kernel_size<2, 2, 2>, nn::padding<0>, nn::dilation<1>, nn::return_indices<false>,
                      nn::ceil_mode<false>>,
        Tensor<float, 2, 3, 5, 5, 5>>({.vectors = "MaxPool3d.p01.table"});
  check_variant<nn::MaxPool3d<nn::kernel_size<2>, nn::stride<2, 2, 2>, nn::padding<1>>, Tensor<float, 2, 3, 5, 5, 5>>(
      {.vectors = "MaxPool3d.p02.stride_padding"});
  check<nn::MaxPool3d<nn::kernel_size<2, 3, 3>, nn::stride<2, 3, 2>, nn::padding<0, 0, 0>, nn::dilation<2, 2, 2>>,
        Tensor<float, 1, 2, 6, 5, 5>>({.vectors = "MaxPool3d.p03.options"});
  check<nn::MaxPool3d<nn::kernel_size<2, 2, 3>, nn::stride<2, 2, 3>, nn::padding<1, 0, 0>, nn::dilation<1>,
                      nn::return_indices<true>, nn::ceil_mode<true>>,
        Tensor<float, 1, 1, 7, 4, 5>>({.vectors = "MaxPool3d.p04.indices"});
  check_variant<nn::MaxPool3d<nn::dilation<2>, nn::ceil_mode<false>, nn::kernel_size<2, 3, 3>, nn::return_indices<true>,
                              nn::padding<0, 1, 1>, nn::stride<1, 2, 1>>,
                Tensor<float, 2, 1, 5, 7, 5>>({.vectors = "MaxPool3d.p05.indices"});
  check_everywhere<nn::MaxPool3d<nn::kernel_size<3, 3, 2>, nn::stride<1, 2, 1>, nn::padding<1>, nn::dilation<1, 1, 2>,
                                 nn::ceil_mode<true>>,
                   Tensor<float, 2, 2, 7, 7, 7>>({.vectors = "MaxPool3d.p06.options", .device_tolerance = exactly});
  check_variant<nn::MaxPool3d<nn::kernel_size<2>, nn::stride<1, 1, 1>, nn::padding<1, 1, 1>, nn::dilation<2, 1, 1>,
                              nn::return_indices<true>>,
                Tensor<float, 1, 3, 5, 4, 6>>({.vectors = "MaxPool3d.p07.indices"});
  check_variant<nn::MaxPool3d<nn::kernel_size<2, 3, 2>, nn::stride<2, 3, 1>, nn::padding<0, 1, 1>,
                              nn::dilation<2, 2, 2>, nn::return_indices<true>, nn::ceil_mode<true>>,
                Tensor<float, 2, 1, 7, 6, 4>>({.vectors = "MaxPool3d.p08.indices"});
}

BOOST_AUTO_TEST_CASE(avg_pool3d) {
  check_variant<nn::AvgPool3d<nn::kernel_size<2>, nn::count_include_pad<true>, nn::stride<2>, nn::padding<0>>,
                Tensor<float, 2, 3, 4, 4, 4>>({.vectors = "AvgPool3d.p01.table"});
  check_variant<nn::AvgPool3d<nn::kernel_size<2, 2, 2>, nn::padding<1>>, Tensor<float, 2, 3, 5, 5, 5>>(
      {.vectors = "AvgPool3d.p02.stride_pad"});
  check_everywhere<
      nn::AvgPool3d<nn::kernel_size<2, 4, 8>, nn::stride<1>, nn::padding<1, 1, 2>, nn::count_include_pad<true>>,
      Tensor<float, 2, 3, 2, 4, 8>>({.vectors = "AvgPool3d.p03.stride_pad_gpu_general_output"});
  check_variant<nn::AvgPool3d<nn::kernel_size<2>, nn::padding<1>, nn::ceil_mode<false>>, Tensor<float, 2, 3, 4, 4, 4>>(
      {.vectors = "AvgPool3d.p04.stride_pad_gpu_input_nooverlap"});
  check_variant<nn::AvgPool3d<nn::kernel_size<3>, nn::padding<0, 0, 1>, nn::ceil_mode<false>>,
                Tensor<float, 1, 3, 4, 5, 5>>({.vectors = "AvgPool3d.p06.pad_counted"});
  check<nn::AvgPool3d<nn::kernel_size<2, 3, 3>, nn::padding<0, 0, 1>, nn::ceil_mode<true>, nn::count_include_pad<true>>,
        Tensor<float, 1, 2, 4, 4, 6>>({.vectors = "AvgPool3d.p07.ceil_pad_counted"});
  check<nn::AvgPool3d<nn::kernel_size<3, 3, 2>, nn::count_include_pad<false>, nn::stride<3, 2, 1>, nn::padding<0, 1, 0>,
                      nn::ceil_mode<false>>,
        Tensor<float, 1, 1, 4, 4, 4>>({.vectors = "AvgPool3d.p08.pad_not_counted"});
  check_variant<nn::AvgPool3d<nn::kernel_size<2, 3, 2>, nn::stride<2, 2, 1>, nn::padding<1, 0, 1>, nn::ceil_mode<true>,
                              nn::count_include_pad<false>>,
                Tensor<float, 1, 3, 6, 4, 6>>({.vectors = "AvgPool3d.p09.ceil_pad_not_counted"});
  check_variant<nn::AvgPool3d<nn::count_include_pad<true>, nn::ceil_mode<true>, nn::stride<2, 1, 1>,
                              nn::kernel_size<3, 3, 2>, nn::padding<0, 1, 1>>,
                Tensor<float, 2, 1, 5, 4, 6>>({.vectors = "AvgPool3d.p10.ceil_pad_counted"});
  check_variant<nn::AvgPool3d<nn::kernel_size<2, 2, 3>, nn::stride<1, 2, 1>, nn::padding<1>, nn::ceil_mode<true>,
                              nn::count_include_pad<false>>,
                Tensor<float, 1, 1, 5, 4, 6>>({.vectors = "AvgPool3d.p11.ceil_pad_not_counted"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::MaxPool3d<nn::kernel_size<1, 2, 3>, nn::stride<1, 2, 1>>, Tensor<float, 1, 1, 1, 2, 37>>();
  check<nn::AvgPool3d<nn::kernel_size<3, 2, 19>, nn::stride<1>, nn::padding<1, 1, 9>>, Tensor<float, 1, 1, 2, 3, 41>>();
  check<nn::AvgPool3d<nn::kernel_size<4, 5, 6>>, Tensor<float, 2, 1, 4, 5, 6>>();  // whole planes
  check<nn::MaxPool3d<nn::kernel_size<2, 3, 7>>, Tensor<float, 2, 1, 4, 3, 7>>();
}

BOOST_AUTO_TEST_SUITE_END()
