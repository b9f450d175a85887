#include <limits>

#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/activation.hpp"
#include "../tables/activation_exponential.hpp"
#include "../tables/activation_linear.hpp"

BOOST_AUTO_TEST_SUITE(activation)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(identity) { check_on_device<nn::Identity, Tensor<float, 1>>(exactly); }

BOOST_AUTO_TEST_CASE(extremes) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const auto x = Tensor<float, 5>::from(
      std::array<float, 5>{-infinity, infinity, std::numeric_limits<float>::quiet_NaN(), -0.f, 100});
  nn::ReLU relu;
  nn::Tanh tanh;
  check_eager(relu, x, exactly);
  check_eager(tanh, x, exactly);
}

BOOST_AUTO_TEST_CASE(prelu_of_many_elements) {
  // The gradient of the weight is summed up in parts of 256 elements.
  check_on_device<nn::PReLU<>, Tensor<float, 3, 5, 131>>();
  check_on_device<nn::PReLU<nn::num_parameters<5>>, Tensor<float, 3, 5, 131>>();
  check_on_device<nn::PReLU<nn::num_parameters<7>, nn::dtype<double>>, Tensor<double, 3, 7>>();
}

BOOST_AUTO_TEST_SUITE_END()
