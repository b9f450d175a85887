#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/linear.hpp"

BOOST_AUTO_TEST_SUITE(linear)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(rows) {
  check_on_device<nn::Linear<20, 30>, Tensor<float, 128, 20>>();
  check_on_device<nn::Linear<3, 5>, Tensor<float, 701, 3>>();
  check_on_device<nn::Linear<1, 5, nn::bias<false>>, Tensor<float, 3, 1>>();
}

BOOST_AUTO_TEST_CASE(last_axis) { check_on_device<nn::Linear<3, 4>, Tensor<float, 3>>(); }

BOOST_AUTO_TEST_SUITE_END()
