// What the activations have in common, and PReLU, which has a parameter.
#pragma once

BOOST_AUTO_TEST_SUITE(activation)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(prelu) {
  check_everywhere<nn::PReLU<>, Tensor<float, 2, 3, 4>>({.vectors = "PReLU.p01.1d"});
  check_reference<nn::PReLU<>, Tensor<float, 2, 3, 4, 5>>({.vectors = "PReLU.p02.2d"});
  check_reference<nn::PReLU<>, Tensor<float, 2, 3, 4, 5, 6>>({.vectors = "PReLU.p03.3d"});
  check_reference<nn::PReLU<>, Tensor<float, 4>>({.vectors = "PReLU.p04.no_batch_dim"});
  check_reference<nn::PReLU<>, Tensor<float, 7>>({.vectors = "PReLU.p06.shape"});
  check<nn::PReLU<nn::num_parameters<5>>, Tensor<float, 3, 5>>({.vectors = "PReLU.p07.shape"});
  check_reference<nn::PReLU<>, Tensor<float, 2, 3, 4>>({.vectors = "PReLU.p08.shape"});
  check_everywhere<nn::PReLU<nn::num_parameters<3>>, Tensor<float, 2, 3, 2, 5>>({.vectors = "PReLU.p09.shape"});
  check_reference<nn::PReLU<>, Tensor<float, 1, 2, 3, 2, 2>>({.vectors = "PReLU.p10.on_kink"});
  check_reference<nn::PReLU<>, Tensor<float, 1, 1>>({.vectors = "PReLU.p11.shape"});
  check<nn::PReLU<nn::init<-0.5>, nn::num_parameters<37>>, Tensor<float, 2, 37>>();
  check<nn::PReLU<nn::num_parameters<2>>, Tensor<float, 1, 2, 1, 1>>();
}

// A per-channel slope between two convolutions, whose images lie in blocks of channels.
BOOST_AUTO_TEST_CASE(prelu_of_blocked_images) {
  check<nn::Sequential<nn::Conv2d<3, 19, nn::kernel_size<3>>, nn::PReLU<nn::num_parameters<19>>,
                       nn::Conv2d<19, 5, nn::kernel_size<1>>, nn::PReLU<>>,
        Tensor<float, 2, 3, 7, 6>>();
}

BOOST_AUTO_TEST_SUITE_END()
