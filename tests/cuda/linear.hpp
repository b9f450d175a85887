#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(linear)
using namespace against_host;

BOOST_AUTO_TEST_CASE(rows) {
  check<nn::Linear<20, 30>, Tensor<float, 128, 20>>();
  check<nn::Linear<7, 1>, Tensor<float, 1, 7>>();
  check<nn::Linear<3, 5>, Tensor<float, 701, 3>>();
  check<nn::Linear<1, 5, nn::bias<false>>, Tensor<float, 3, 1>>();
  check<nn::Linear<401, 13, nn::dtype<double>>, Tensor<double, 5, 401>>();
}

BOOST_AUTO_TEST_CASE(last_axis) {
  check<nn::Linear<3, 4>, Tensor<float, 3>>();
  check<nn::Linear<6, 2>, Tensor<float, 3, 5, 6>>();
}

BOOST_AUTO_TEST_SUITE_END()
