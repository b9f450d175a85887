#pragma once

BOOST_AUTO_TEST_SUITE(pooling_adaptive_average)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(adaptive_avg_pool1d) {
  check<nn::AdaptiveAvgPool1d<nn::output_size<3>>, Tensor<float, 1, 3, 5>>({.vectors = "AdaptiveAvgPool1d.p01.table"});
  check_everywhere<nn::AdaptiveAvgPool1d<nn::output_size<2>>, Tensor<float, 2, 1, 7>>(
      {.vectors = "AdaptiveAvgPool1d.p03.options"});
  check_variant<nn::AdaptiveAvgPool1d<nn::output_size<3>>, Tensor<float, 1, 1, 4>>(
      {.vectors = "AdaptiveAvgPool1d.p04.options"});
  check<nn::AdaptiveAvgPool1d<nn::output_size<2>>, Tensor<float, 2, 2, 4>>(
      {.vectors = "AdaptiveAvgPool1d.p05.options"});
  check_variant<nn::AdaptiveAvgPool1d<nn::output_size<14>>, Tensor<float, 2, 3, 12>>(
      {.vectors = "AdaptiveAvgPool1d.p06.upsizing"});
  check_variant<nn::AdaptiveAvgPool1d<nn::output_size<2>>, Tensor<float, 2, 1, 3>>(
      {.vectors = "AdaptiveAvgPool1d.p07.options"});
  check_variant<nn::AdaptiveAvgPool1d<nn::output_size<4>>, Tensor<float, 2, 3, 4>>(
      {.vectors = "AdaptiveAvgPool1d.p08.options"});
}

BOOST_AUTO_TEST_CASE(adaptive_avg_pool2d) {
  check_variant<nn::AdaptiveAvgPool2d<nn::output_size<3>>, Tensor<float, 1, 3, 5, 6>>(
      {.vectors = "AdaptiveAvgPool2d.p01.single"});
  check_variant<nn::AdaptiveAvgPool2d<nn::output_size<3, 4>>, Tensor<float, 1, 3, 5, 6>>(
      {.vectors = "AdaptiveAvgPool2d.p02.tuple"});
  check_variant<nn::AdaptiveAvgPool2d<nn::output_size<2>>, Tensor<float, 2, 3, 11, 10>>(
      {.vectors = "AdaptiveAvgPool2d.p04.options"});
  check<nn::AdaptiveAvgPool2d<nn::output_size<1, 12>>, Tensor<float, 1, 3, 6, 12>>(
      {.vectors = "AdaptiveAvgPool2d.p05.options"});
  check_variant<nn::AdaptiveAvgPool2d<nn::output_size<1, 6>>, Tensor<float, 2, 3, 6, 9>>(
      {.vectors = "AdaptiveAvgPool2d.p06.options"});
  check_everywhere<nn::AdaptiveAvgPool2d<nn::output_size<10, 14>>, Tensor<float, 2, 1, 8, 12>>(
      {.vectors = "AdaptiveAvgPool2d.p07.upsizing"});
  check<nn::AdaptiveAvgPool2d<nn::output_size<9, 3>>, Tensor<float, 2, 3, 9, 9>>(
      {.vectors = "AdaptiveAvgPool2d.p08.options"});
  check_variant<nn::AdaptiveAvgPool2d<nn::output_size<1>>, Tensor<float, 2, 1, 4, 5>>(
      {.vectors = "AdaptiveAvgPool2d.p09.options"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::AdaptiveAvgPool2d<nn::output_size<3, 2>>, Tensor<float, 1, 2, 7, 37>>();
  check_everywhere<nn::AdaptiveAvgPool2d<nn::output_size<1>>, Tensor<float, 2, 17, 7, 7>>();  // whole planes
  check<nn::AdaptiveAvgPool2d<nn::output_size<3, 1>>, Tensor<float, 1, 2, 9, 37>>();          // whole rows
}

// In a net behind a convolution, whose images are blocked.
BOOST_AUTO_TEST_CASE(blocked) {
  using Convolution = nn::Conv2d<3, 18, nn::kernel_size<3>>;
  check<nn::Sequential<Convolution, nn::AdaptiveAvgPool2d<nn::output_size<1>>>, Tensor<float, 1, 3, 9, 11>>();
  check<nn::Sequential<Convolution, nn::AdaptiveMaxPool2d<nn::output_size<3, 2>>>, Tensor<float, 2, 3, 9, 11>>();
  check<nn::Sequential<Convolution, nn::AvgPool2d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>>>,
        Tensor<float, 1, 3, 9, 11>>();
}

BOOST_AUTO_TEST_SUITE_END()
