// Activations that are linear in pieces.
#pragma once

BOOST_AUTO_TEST_SUITE(activation_linear)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(relu) {
  check<nn::ReLU, Tensor<float, 2, 3, 4, 5>>({.vectors = "ReLU.p01.table"});
  check_reference<nn::ReLU, Tensor<float, 4>>({.vectors = "ReLU.p02.db_no_batch_dim"});
  check_reference<nn::ReLU, Tensor<float, 2, 3, 3, 4, 5>>({.vectors = "ReLU.p03.db_channels_last_3d_mem_format"});
  check_reference<nn::ReLU, Tensor<float, 7>>({.vectors = "ReLU.p05.shape"});
  check_reference<nn::ReLU, Tensor<float, 3, 5>>({.vectors = "ReLU.p06.shape"});
  check_reference<nn::ReLU, Tensor<float, 2, 3, 4>>({.vectors = "ReLU.p07.shape"});
  check_reference<nn::ReLU, Tensor<float, 2, 3, 2, 5>>({.vectors = "ReLU.p08.shape"});
  check_reference<nn::ReLU, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "ReLU.p09.on_kink"});
  check_reference<nn::ReLU, Tensor<float, 1, 1>>({.vectors = "ReLU.p10.shape"});
}

BOOST_AUTO_TEST_CASE(relu6) {
  check_everywhere<nn::ReLU6, Tensor<float, 2, 3, 4, 5>>({.vectors = "ReLU6.p01.table", .low = -2, .high = 8});
  check_reference<nn::ReLU6, Tensor<float, 7>>({.vectors = "ReLU6.p03.shape"});
  check_reference<nn::ReLU6, Tensor<float, 3, 5>>({.vectors = "ReLU6.p04.shape"});
  check_reference<nn::ReLU6, Tensor<float, 2, 3, 4>>({.vectors = "ReLU6.p05.shape"});
  check_reference<nn::ReLU6, Tensor<float, 2, 3, 2, 5>>({.vectors = "ReLU6.p06.shape"});
  check_reference<nn::ReLU6, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "ReLU6.p07.on_kink"});
  check_reference<nn::ReLU6, Tensor<float, 1, 1>>({.vectors = "ReLU6.p08.shape"});
}

BOOST_AUTO_TEST_CASE(hardtanh) {
  check_variant<nn::Hardtanh<>, Tensor<float, 3, 2, 5>>({.vectors = "Hardtanh.p01.table"});
  check_reference<nn::Hardtanh<>, Tensor<float, 7>>({.vectors = "Hardtanh.p03.shape"});
  check_variant<nn::Hardtanh<nn::max_value<2>, nn::min_value<-2>>, Tensor<float, 3, 5>>(
      {.vectors = "Hardtanh.p04.shape", .low = -3, .high = 3});
  check_variant<nn::Hardtanh<nn::max_value<0.5>, nn::min_value<0>>, Tensor<float, 2, 3, 4>>(
      {.vectors = "Hardtanh.p05.shape"});
  check_reference<nn::Hardtanh<>, Tensor<float, 2, 3, 2, 5>>({.vectors = "Hardtanh.p06.shape"});
  check_reference<nn::Hardtanh<nn::max_value<2>, nn::min_value<-2>>, Tensor<float, 1, 2, 3, 2, 2>>(
      {.vectors = "Hardtanh.p07.on_kink"});
  check_reference<nn::Hardtanh<nn::max_value<0.5>, nn::min_value<0>>, Tensor<float, 1, 1>>(
      {.vectors = "Hardtanh.p08.shape"});
}

BOOST_AUTO_TEST_CASE(leaky_relu) {
  check_everywhere<nn::LeakyReLU<>, Tensor<float, 3, 2, 5>>({.vectors = "LeakyReLU.p01.table"});
  check<nn::LeakyReLU<nn::negative_slope<0>>, Tensor<float, 10, 10>>({.vectors = "LeakyReLU.p02.with_zero_negval"});
  check_reference<nn::LeakyReLU<>, Tensor<float, 7>>({.vectors = "LeakyReLU.p04.shape"});
  check_variant<nn::LeakyReLU<nn::negative_slope<0.2>>, Tensor<float, 3, 5>>({.vectors = "LeakyReLU.p05.shape"});
  check_variant<nn::LeakyReLU<nn::negative_slope<1.5>>, Tensor<float, 2, 3, 4>>({.vectors = "LeakyReLU.p06.shape"});
  check_reference<nn::LeakyReLU<>, Tensor<float, 2, 3, 2, 5>>({.vectors = "LeakyReLU.p07.shape"});
  check_reference<nn::LeakyReLU<nn::negative_slope<0.2>>, Tensor<float, 1, 2, 3, 2, 2>>(
      {.vectors = "LeakyReLU.p08.on_kink"});
  check_reference<nn::LeakyReLU<nn::negative_slope<1.5>>, Tensor<float, 1, 1>>({.vectors = "LeakyReLU.p09.shape"});
}

BOOST_AUTO_TEST_CASE(threshold) {
  check_variant<nn::Threshold<nn::threshold<2>, nn::value<1>>, Tensor<float, 2, 3, 4, 5>>(
      {.vectors = "Threshold.p01.threshold_value", .low = -4, .high = 4});
  check_reference<nn::Threshold<nn::threshold<2>, nn::value<1>>, Tensor<float, 4>>(
      {.vectors = "Threshold.p02.no_batch_dim"});
  check_variant<nn::Threshold<nn::threshold<0>, nn::value<0>>, Tensor<float, 7>>({.vectors = "Threshold.p04.shape"});
  check_variant<nn::Threshold<nn::threshold<0.5>, nn::value<-1>>, Tensor<float, 3, 5>>(
      {.vectors = "Threshold.p05.shape"});
  check_everywhere<nn::Threshold<nn::threshold<-0.25>, nn::value<20>>, Tensor<float, 2, 3, 4>>(
      {.vectors = "Threshold.p06.shape"});
  check_reference<nn::Threshold<nn::threshold<0>, nn::value<0>>, Tensor<float, 2, 3, 2, 5>>(
      {.vectors = "Threshold.p07.shape"});
  check_reference<nn::Threshold<nn::threshold<0.5>, nn::value<-1>>, Tensor<float, 1, 2, 3, 2, 2>>(
      {.vectors = "Threshold.p08.on_kink"});
  check_reference<nn::Threshold<nn::threshold<-0.25>, nn::value<20>>, Tensor<float, 1, 1>>(
      {.vectors = "Threshold.p09.shape"});
}

BOOST_AUTO_TEST_CASE(softshrink) {
  check_everywhere_in_double<nn::Softshrink<>, Tensor<float, 3, 2, 5>>({.vectors = "Softshrink.p01.table"});
  check_reference<nn::Softshrink<>, Tensor<float, 4>>({.vectors = "Softshrink.p02.no_batch_dim"});
  check_reference<nn::Softshrink<>, Tensor<float, 7>>({.vectors = "Softshrink.p04.shape"});
  check_variant<nn::Softshrink<nn::lambd<0.25>>, Tensor<float, 3, 5>>({.vectors = "Softshrink.p05.shape"});
  check_variant<nn::Softshrink<nn::lambd<0>>, Tensor<float, 2, 3, 4>>({.vectors = "Softshrink.p06.shape"});
  check_reference<nn::Softshrink<>, Tensor<float, 2, 3, 2, 5>>({.vectors = "Softshrink.p07.shape"});
  check_reference<nn::Softshrink<nn::lambd<0.25>>, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "Softshrink.p08.on_kink"});
  check_reference<nn::Softshrink<nn::lambd<0>>, Tensor<float, 1, 1>>({.vectors = "Softshrink.p09.shape"});
}

BOOST_AUTO_TEST_CASE(without_reference) {
  check_everywhere<nn::Hardsigmoid, Tensor<float, 2, 37>>({.low = -4, .high = 4});
  check_everywhere<nn::Hardswish, Tensor<float, 2, 37>>({.low = -4, .high = 4});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_variant<nn::ReLU, Tensor<float, 1>>();
  check_everywhere<nn::ReLU, Tensor<float, 3, 37>>(exactly);
  check_everywhere<nn::Hardtanh<nn::min_value<-0.5>>, Tensor<float, 131>>();
}

BOOST_AUTO_TEST_SUITE_END()
