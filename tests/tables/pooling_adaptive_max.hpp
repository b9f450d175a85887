#pragma once

BOOST_AUTO_TEST_SUITE(pooling_adaptive_max)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(adaptive_max_pool1d) {
  check<nn::AdaptiveMaxPool1d<nn::output_size<3>>, Tensor<float, 1, 3, 5>>({.vectors = "AdaptiveMaxPool1d.p01.table"});
  check_variant<nn::AdaptiveMaxPool1d<nn::output_size<2>>, Tensor<float, 1, 1, 11>>(
      {.vectors = "AdaptiveMaxPool1d.p03.options"});
  check_variant<nn::AdaptiveMaxPool1d<nn::output_size<4>, nn::return_indices<true>>, Tensor<float, 2, 3, 4>>(
      {.vectors = "AdaptiveMaxPool1d.p04.indices"});
  check_everywhere<nn::AdaptiveMaxPool1d<nn::output_size<5>>, Tensor<float, 2, 2, 9>>(
      {.vectors = "AdaptiveMaxPool1d.p05.options", .device_tolerance = exactly});
  check_variant<nn::AdaptiveMaxPool1d<nn::output_size<6>, nn::return_indices<true>>, Tensor<float, 1, 1, 3>>(
      {.vectors = "AdaptiveMaxPool1d.p06.upsizing"});
  check<nn::AdaptiveMaxPool1d<nn::output_size<9>, nn::return_indices<false>>, Tensor<float, 2, 2, 9>>(
      {.vectors = "AdaptiveMaxPool1d.p07.options"});
  check_variant<nn::AdaptiveMaxPool1d<nn::return_indices<true>, nn::output_size<4>>, Tensor<float, 1, 3, 4>>(
      {.vectors = "AdaptiveMaxPool1d.p08.indices"});
}

BOOST_AUTO_TEST_CASE(adaptive_max_pool2d) {
  check_variant<nn::AdaptiveMaxPool2d<nn::return_indices<false>, nn::output_size<3>>, Tensor<float, 1, 3, 5, 6>>(
      {.vectors = "AdaptiveMaxPool2d.p01.single"});
  check_variant<nn::AdaptiveMaxPool2d<nn::output_size<2, 2>>, Tensor<float, 2, 1, 10, 11>>(
      {.vectors = "AdaptiveMaxPool2d.p03.options"});
  check<nn::AdaptiveMaxPool2d<nn::output_size<6, 1>, nn::return_indices<true>>, Tensor<float, 2, 2, 12, 3>>(
      {.vectors = "AdaptiveMaxPool2d.p04.indices"});
  check_variant<nn::AdaptiveMaxPool2d<nn::output_size<9, 2>>, Tensor<float, 2, 3, 10, 8>>(
      {.vectors = "AdaptiveMaxPool2d.p05.options"});
  check_variant<nn::AdaptiveMaxPool2d<nn::output_size<13, 8>, nn::return_indices<true>>, Tensor<float, 2, 1, 11, 7>>(
      {.vectors = "AdaptiveMaxPool2d.p06.upsizing"});
  check_variant<nn::AdaptiveMaxPool2d<nn::output_size<3, 5>, nn::return_indices<false>>, Tensor<float, 2, 2, 12, 11>>(
      {.vectors = "AdaptiveMaxPool2d.p07.options"});
  check_variant<nn::AdaptiveMaxPool2d<nn::output_size<1, 2>, nn::return_indices<true>>, Tensor<float, 2, 2, 3, 3>>(
      {.vectors = "AdaptiveMaxPool2d.p08.indices"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_variant<nn::AdaptiveMaxPool2d<nn::output_size<2, 3>>, Tensor<float, 1, 17, 5, 7>>();
  check<nn::AdaptiveMaxPool2d<nn::output_size<5, 7>>, Tensor<float, 1, 2, 11, 37>>();
  check<nn::AdaptiveMaxPool2d<nn::output_size<1>>, Tensor<float, 2, 3, 5, 7>>();  // whole planes
  check_variant<nn::AdaptiveMaxPool1d<nn::output_size<1>, nn::return_indices<true>>, Tensor<float, 1, 1, 67>>();
}

BOOST_AUTO_TEST_SUITE_END()
