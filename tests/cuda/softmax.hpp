#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(softmax)
using namespace against_host;

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

BOOST_AUTO_TEST_CASE(softmax_and_softmin) {
  check<nn::Softmax<>, Tensor<float, 5, 17>>();
  check<nn::Softmax<nn::dim<0>>, Tensor<double, 3, 4, 2>>();
  check<nn::Softmin<nn::dim<-1>>, Tensor<float, 2, 3, 19>>();
}

BOOST_AUTO_TEST_SUITE_END()
