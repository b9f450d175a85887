// Activations made of the exponential function.
#pragma once

BOOST_AUTO_TEST_SUITE(activation_exponential)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(tanh) {
  check_everywhere_in_double<nn::Tanh, Tensor<float, 2, 3, 4, 5>>(
      {.vectors = "Tanh.p01.table", .device_tolerance = 1e-15});
  check_reference<nn::Tanh, Tensor<float, 7>>({.vectors = "Tanh.p03.shape"});
  check_reference<nn::Tanh, Tensor<float, 3, 5>>({.vectors = "Tanh.p04.shape"});
  check_reference<nn::Tanh, Tensor<float, 2, 3, 4>>({.vectors = "Tanh.p05.shape"});
  check_reference<nn::Tanh, Tensor<float, 2, 3, 2, 5>>({.vectors = "Tanh.p06.large_values"});
  check_reference<nn::Tanh, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "Tanh.p07.shape"});
  check_reference<nn::Tanh, Tensor<float, 1, 1>>({.vectors = "Tanh.p08.shape"});
}

BOOST_AUTO_TEST_CASE(sigmoid) {
  check_everywhere<nn::Sigmoid, Tensor<float, 2, 3, 4, 5>>({.vectors = "Sigmoid.p01.table"});
  check_reference<nn::Sigmoid, Tensor<float, 2, 3, 4, 5>>({.vectors = "Sigmoid.p02.db_channels_last_mem_format"});
  check_reference<nn::Sigmoid, Tensor<float, 7>>({.vectors = "Sigmoid.p04.shape"});
  check_reference<nn::Sigmoid, Tensor<float, 3, 5>>({.vectors = "Sigmoid.p05.shape"});
  check_reference<nn::Sigmoid, Tensor<float, 2, 3, 4>>({.vectors = "Sigmoid.p06.shape"});
  check_reference<nn::Sigmoid, Tensor<float, 2, 3, 2, 5>>({.vectors = "Sigmoid.p07.large_values"});
  check_reference<nn::Sigmoid, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "Sigmoid.p08.shape"});
  check_reference<nn::Sigmoid, Tensor<float, 1, 1>>({.vectors = "Sigmoid.p09.shape"});
}

BOOST_AUTO_TEST_CASE(log_sigmoid) {
  check_everywhere<nn::LogSigmoid, Tensor<float, 2, 3, 4>>({.vectors = "LogSigmoid.p01.table"});
  check_reference<nn::LogSigmoid, Tensor<float, 7>>({.vectors = "LogSigmoid.p03.shape"});
  check_reference<nn::LogSigmoid, Tensor<float, 3, 5>>({.vectors = "LogSigmoid.p04.shape"});
  check_reference<nn::LogSigmoid, Tensor<float, 2, 3, 4>>({.vectors = "LogSigmoid.p05.shape"});
  check_reference<nn::LogSigmoid, Tensor<float, 2, 3, 2, 5>>({.vectors = "LogSigmoid.p06.large_values"});
  check_reference<nn::LogSigmoid, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "LogSigmoid.p07.on_kink"});
  check_reference<nn::LogSigmoid, Tensor<float, 1, 1>>({.vectors = "LogSigmoid.p08.shape"});
}

BOOST_AUTO_TEST_CASE(tanhshrink) {
  check_everywhere<nn::Tanhshrink, Tensor<float, 2, 3, 4, 5>>({.vectors = "Tanhshrink.p01.table"});
  check_reference<nn::Tanhshrink, Tensor<float, 7>>({.vectors = "Tanhshrink.p03.shape"});
  check_reference<nn::Tanhshrink, Tensor<float, 3, 5>>({.vectors = "Tanhshrink.p04.shape"});
  check_reference<nn::Tanhshrink, Tensor<float, 2, 3, 4>>({.vectors = "Tanhshrink.p05.shape"});
  check_reference<nn::Tanhshrink, Tensor<float, 2, 3, 2, 5>>({.vectors = "Tanhshrink.p06.large_values"});
  check_reference<nn::Tanhshrink, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "Tanhshrink.p07.shape"});
  check_reference<nn::Tanhshrink, Tensor<float, 1, 1>>({.vectors = "Tanhshrink.p08.shape"});
}

BOOST_AUTO_TEST_CASE(elu) {
  check_variant<nn::ELU<nn::alpha<2>>, Tensor<float, 3, 2, 5>>({.vectors = "ELU.p01.table"});
  check_reference<nn::ELU<nn::alpha<2>>, Tensor<float, 3, 2, 5>>({.vectors = "ELU.p02.db_0"});
  check_reference<nn::ELU<nn::alpha<2>>, Tensor<float, 2, 3, 2, 5>>({.vectors = "ELU.p03.db_4d_input"});
  check_variant<nn::ELU<>, Tensor<float, 7>>({.vectors = "ELU.p05.shape"});
  check_everywhere<nn::ELU<nn::alpha<0.5>>, Tensor<float, 3, 5>>({.vectors = "ELU.p06.shape"});
  check_variant<nn::ELU<nn::alpha<1.5>>, Tensor<float, 2, 3, 4>>({.vectors = "ELU.p07.shape"});
  check_reference<nn::ELU<>, Tensor<float, 2, 3, 2, 5>>({.vectors = "ELU.p08.large_values"});
  check_reference<nn::ELU<nn::alpha<0.5>>, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "ELU.p09.on_kink"});
  check_reference<nn::ELU<nn::alpha<1.5>>, Tensor<float, 1, 1>>({.vectors = "ELU.p10.shape"});
}

BOOST_AUTO_TEST_CASE(softplus) {
  check<nn::Softplus<>, Tensor<float, 10, 20>>({.vectors = "Softplus.p01.table"});
  check_variant<nn::Softplus<nn::beta<2>, nn::threshold<-100>>, Tensor<float, 10, 20>>(
      {.vectors = "Softplus.p02.beta_threshold"});
  check_reference<nn::Softplus<>, Tensor<float, 7>>({.vectors = "Softplus.p04.shape"});
  check_everywhere_in_double<nn::Softplus<nn::beta<2>, nn::threshold<1>>, Tensor<float, 3, 5>>(
      {.vectors = "Softplus.p05.shape_threshold", .low = -3, .high = 3});
  check_variant<nn::Softplus<nn::beta<0.5>>, Tensor<float, 2, 3, 4>>({.vectors = "Softplus.p06.shape"});
  check_reference<nn::Softplus<>, Tensor<float, 2, 3, 2, 5>>({.vectors = "Softplus.p07.large_values"});
  check_reference<nn::Softplus<nn::beta<2>, nn::threshold<1>>, Tensor<float, 1, 2, 3, 2, 2>>(
      {.vectors = "Softplus.p08.shape_threshold"});
  check_reference<nn::Softplus<nn::beta<0.5>>, Tensor<float, 1, 1>>({.vectors = "Softplus.p09.shape"});
}

BOOST_AUTO_TEST_CASE(softsign) {
  check_everywhere<nn::Softsign, Tensor<float, 3, 2, 5>>({.vectors = "Softsign.p01.table"});
  check_reference<nn::Softsign, Tensor<float, 7>>({.vectors = "Softsign.p03.shape"});
  check_reference<nn::Softsign, Tensor<float, 3, 5>>({.vectors = "Softsign.p04.shape"});
  check_reference<nn::Softsign, Tensor<float, 2, 3, 4>>({.vectors = "Softsign.p05.shape"});
  check_reference<nn::Softsign, Tensor<float, 2, 3, 2, 5>>({.vectors = "Softsign.p06.large_values"});
  check_reference<nn::Softsign, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "Softsign.p07.on_kink"});
  check_reference<nn::Softsign, Tensor<float, 1, 1>>({.vectors = "Softsign.p08.shape"});
}

BOOST_AUTO_TEST_CASE(without_reference) {
  check_everywhere<nn::GELU, Tensor<float, 2, 37>>({.low = -4, .high = 4});
  check_everywhere<nn::SiLU, Tensor<float, 2, 37>>({.low = -4, .high = 4});
  check_everywhere<nn::Mish, Tensor<float, 2, 37>>({.low = -4, .high = 4});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_everywhere<nn::Tanh, Tensor<float, 131>>(1e-6);
  check_variant<nn::Sigmoid, Tensor<float, 1>>();
  check_variant<nn::Softplus<nn::threshold<1>>, Tensor<float, 3, 37>>({.low = -3, .high = 3});
}

BOOST_AUTO_TEST_SUITE_END()
