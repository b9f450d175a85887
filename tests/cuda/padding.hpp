#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(padding)
using namespace against_host;

BOOST_AUTO_TEST_CASE(kinds) {
  check<nn::ZeroPad2d<nn::padding<1, 2, 0, 3>>, Tensor<float, 2, 3, 4, 5>>();
  check<nn::ReflectionPad2d<nn::padding<1, 4, 0, 3>>, Tensor<float, 2, 3, 4, 5>>();
  check<nn::ReflectionPad2d<nn::padding<2>>, Tensor<double, 1, 1, 3, 3>>();
  check<nn::ReplicationPad2d<nn::padding<1, 6, 0, 3>>, Tensor<float, 2, 3, 4, 5>>();
  check<nn::ReplicationPad2d<nn::padding<2>>, Tensor<double, 1, 2, 1, 1>>();
}

BOOST_AUTO_TEST_SUITE_END()
