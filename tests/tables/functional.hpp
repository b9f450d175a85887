// The functions of a `forward`: on tensors, recorded, and in compiled modules.
#pragma once

#include "../forwards.hpp"

BOOST_AUTO_TEST_SUITE(functional)
using namespace tenon_test;
using namespace forwards;
using namespace forwards;

BOOST_AUTO_TEST_CASE(forwards_of_functions) {
  check_everywhere<Arithmetic<>, Tensor<float, 3, 5>>();
  check_everywhere<Division<>, Tensor<float, 3, 5>>();
  check_everywhere<Products<>, Tensor<float, 3, 5>>();
  check_everywhere_in_double<Products<>, Tensor<float, 1, 5>>();
  check_everywhere<AlignedParts<>, Tensor<float, 3, 16>>();
  check_everywhere<OddParts<>, Tensor<float, 3, 5>>();
  check_everywhere<Channels<>, Tensor<float, 2, 3, 4>>();
  check_everywhere<Channels<>, Tensor<float, 1, 3, 16>>();
}

BOOST_AUTO_TEST_SUITE_END()
