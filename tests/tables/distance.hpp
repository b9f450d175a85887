#pragma once

BOOST_AUTO_TEST_SUITE(distance)
using namespace tenon_test;

constexpr Case with(const char* vectors) { return {.vectors = vectors, .names = {"x1", "x2"}}; }

BOOST_AUTO_TEST_CASE(pairwise_distance) {
  check_everywhere<nn::PairwiseDistance<>, Tensor<float, 10, 8>, Tensor<float, 10, 8>>(
      with("PairwiseDistance.p01.table"));
  check<nn::PairwiseDistance<nn::p<2>>, Tensor<float, 5, 1>, Tensor<float, 5, 1>>(with("PairwiseDistance.p04.p_2"));
  check<nn::PairwiseDistance<nn::p<1>>, Tensor<float, 6, 8>, Tensor<float, 6, 8>>(with("PairwiseDistance.p05.p_1"));
  check_everywhere_in_double<nn::PairwiseDistance<nn::p<3.0>>, Tensor<float, 6, 8>, Tensor<float, 6, 8>>(
      with("PairwiseDistance.p06.p_3"));
  check<nn::PairwiseDistance<nn::eps<1e-3>, nn::p<2.0>>, Tensor<float, 6, 4>, Tensor<float, 6, 4>>(
      with("PairwiseDistance.p07.p_2_eps"));
  check<nn::PairwiseDistance<nn::p<1.5>>, Tensor<float, 5, 4>, Tensor<float, 5, 4>>(with("PairwiseDistance.p08.p_1_5"));
  check<nn::PairwiseDistance<nn::p<4>>, Tensor<float, 5, 7>, Tensor<float, 5, 7>>(with("PairwiseDistance.p09.p_4"));
  check<nn::PairwiseDistance<>, Tensor<float, 1, 149>, Tensor<float, 1, 149>>();
  check<nn::PairwiseDistance<nn::p<0.5>>, Tensor<float, 2, 37>, Tensor<float, 2, 37>>();
}

BOOST_AUTO_TEST_SUITE_END()
