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

BOOST_AUTO_TEST_CASE(log_softmax) {
  check<nn::LogSoftmax<>, Tensor<float, 5, 17>>();
  check<nn::LogSoftmax<nn::dim<0>>, Tensor<float, 3, 4>>();
  check<nn::LogSoftmax<>, Tensor<double, 2, 3, 5, 7>>();
  check<nn::LogSoftmax<nn::dim<-1>>, Tensor<float, 2, 3, 1>>();
  nn::LogSoftmax<> layer;
  auto far = random<Tensor<float, 4, 9>>();
  far = far * 1e4f;
  check_eager(layer, far, closely<float>);
}

BOOST_AUTO_TEST_SUITE_END()
