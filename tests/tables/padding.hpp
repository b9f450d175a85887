#pragma once

BOOST_AUTO_TEST_SUITE(padding)
using namespace tenon_test;

template <template <class...> class Pad>
void check_kind() {
  check<Pad<nn::padding<0>>, Tensor<float, 1, 1, 1, 1>>();
  check_everywhere_in_double<Pad<nn::padding<2>>, Tensor<float, 1, 3, 3, 5>>();
  check_everywhere<Pad<nn::padding<1, 4, 0, 2>>, Tensor<float, 2, 1, 3, 37>>();
  check<nn::Sequential<nn::Conv2d<1, 18, nn::kernel_size<1>>, Pad<nn::padding<3, 0, 1, 2>>,
                       nn::Conv2d<18, 2, nn::kernel_size<3>>>,
        Tensor<float, 1, 1, 4, 5>>();
}
BOOST_AUTO_TEST_CASE(zeros) { check_kind<nn::ZeroPad2d>(); }
BOOST_AUTO_TEST_CASE(reflection) { check_kind<nn::ReflectionPad2d>(); }
BOOST_AUTO_TEST_CASE(replication) {
  check_kind<nn::ReplicationPad2d>();
  check<nn::ReplicationPad2d<nn::padding<5>>, Tensor<float, 1, 1, 2, 1>>();
}
BOOST_AUTO_TEST_CASE(constants) {
  check_everywhere_in_double<nn::ConstantPad2d<nn::padding<1, 4, 0, 2>, nn::value<-0.5>>, Tensor<float, 2, 1, 3, 5>>();
}
BOOST_AUTO_TEST_CASE(sequences) {
  check_everywhere<nn::ConstantPad1d<nn::padding<0, 5>, nn::value<1>>, Tensor<float, 1, 1, 37>>();
  check<nn::Sequential<nn::Conv1d<1, 18, nn::kernel_size<1>>, nn::ZeroPad1d<nn::padding<4, 0>>,
                       nn::Conv1d<18, 2, nn::kernel_size<3>, nn::dilation<2>>>,
        Tensor<float, 1, 1, 7>>();
}
BOOST_AUTO_TEST_CASE(volumes) {
  check_everywhere<nn::ZeroPad3d<nn::padding<1, 0, 2, 1, 0, 3>>, Tensor<float, 2, 1, 2, 3, 5>>();
}

BOOST_AUTO_TEST_SUITE_END()
