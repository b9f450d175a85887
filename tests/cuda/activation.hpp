#include <limits>

#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(activation)
using namespace against_host;

BOOST_AUTO_TEST_CASE(pointwise) {
  check<nn::ReLU, Tensor<float, 3, 5, 7>>(exactly);
  check<nn::Tanh, Tensor<float, 131>>(1e-6);
  check<nn::Tanh, Tensor<double, 2, 3>>(1e-15);
  check<nn::Identity, Tensor<float, 1>>(exactly);
}

BOOST_AUTO_TEST_CASE(extremes) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const auto x = Tensor<float, 5>::from(
      std::array<float, 5>{-infinity, infinity, std::numeric_limits<float>::quiet_NaN(), -0.f, 100});
  nn::ReLU relu;
  nn::Tanh tanh;
  check_eager(relu, x, exactly);
  check_eager(tanh, x, exactly);
}

BOOST_AUTO_TEST_CASE(linear_in_pieces) {
  check<nn::ReLU6, Tensor<float, 3, 5, 7>>();
  check<nn::Hardtanh<nn::min_value<-0.5>>, Tensor<float, 37>>();
  check<nn::LeakyReLU<>, Tensor<float, 37>>();
  check<nn::Threshold<nn::threshold<0.1>, nn::value<20>>, Tensor<float, 37>>();
  check<nn::Softshrink<>, Tensor<double, 37>>();
  check<nn::Hardsigmoid, Tensor<float, 37>>();
  check<nn::Hardswish, Tensor<float, 37>>();
}

BOOST_AUTO_TEST_CASE(exponential) {
  check<nn::Sigmoid, Tensor<float, 37>>();
  check<nn::LogSigmoid, Tensor<float, 37>>();
  check<nn::Tanhshrink, Tensor<float, 37>>();
  check<nn::ELU<nn::alpha<0.5>>, Tensor<float, 37>>();
  check<nn::Softplus<nn::beta<2>>, Tensor<double, 37>>();
  check<nn::Softsign, Tensor<float, 37>>();
  check<nn::GELU, Tensor<float, 37>>();
  check<nn::SiLU, Tensor<float, 37>>();
  check<nn::Mish, Tensor<float, 37>>();
}

BOOST_AUTO_TEST_CASE(prelu) {
  check<nn::PReLU<>, Tensor<float, 3, 5, 7>>();
  check<nn::PReLU<nn::num_parameters<5>>, Tensor<float, 3, 5, 7>>();
  // The gradient of the weight is summed up in parts of 256 elements.
  check<nn::PReLU<>, Tensor<float, 3, 5, 131>>();
  check<nn::PReLU<nn::num_parameters<5>>, Tensor<float, 3, 5, 131>>();
  check<nn::PReLU<nn::num_parameters<7>, nn::dtype<double>>, Tensor<double, 3, 7>>();
}

BOOST_AUTO_TEST_SUITE_END()
