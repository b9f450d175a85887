// What stands between and around layers.
#pragma once

BOOST_AUTO_TEST_SUITE(containers)
using namespace tenon_test;

template <index_t In, index_t Out>
using Conv = nn::Conv2d<In, Out, nn::kernel_size<1>>;

BOOST_AUTO_TEST_CASE(residual) {
  check<nn::Residual<nn::Identity>, Tensor<float, 1>>();
  check_everywhere<nn::Residual<nn::Linear<5, 17>, nn::Sequential<nn::Linear<5, 17>, nn::Tanh>>,
                   Tensor<float, 2, 3, 5>>();
}

BOOST_AUTO_TEST_CASE(concat) {
  check<nn::Concat<nn::Identity>, Tensor<float, 2, 3>>();
  check<nn::Concat<nn::Linear<5, 3>, nn::Linear<5, 1>, nn::Named<"same", nn::Identity>>, Tensor<float, 2, 5>>();
  // Blocks of whole vectors of channels stay blocked, for one image in place; others become plain.
  using Inception =
      nn::Concat<Conv<3, 32>, nn::Sequential<Conv<3, 4>, nn::Tanh, Conv<4, 16>>, nn::Named<"last", Conv<3, 5>>>;
  check<Inception, Tensor<float, 1, 3, 4, 5>>();
  check<nn::Concat<nn::Tanh, nn::Identity>, Tensor<float, 3, 7, 2>>();
}

BOOST_AUTO_TEST_SUITE_END()
