#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/softmax.hpp"

BOOST_AUTO_TEST_SUITE(softmax)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(log_softmax_of_axes) {
  check_on_device<nn::LogSoftmax<nn::dim<0>>, Tensor<float, 3, 4>>();
  check_on_device<nn::LogSoftmax<nn::dim<-1>>, Tensor<float, 2, 3, 1>>();
  nn::LogSoftmax<> layer;
  auto far = random<Tensor<float, 4, 9>>();
  far = far * 1e4f;
  check_eager(layer, far, closely<float>);
}

BOOST_AUTO_TEST_SUITE_END()
