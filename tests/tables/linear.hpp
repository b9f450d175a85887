#pragma once

BOOST_AUTO_TEST_SUITE(linear)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(linear) {
  check<nn::Linear<10, 8, nn::bias<true>, nn::dtype<float>>, Tensor<float, 4, 10>>({.vectors = "Linear.p01.table"});
  check_everywhere<nn::Linear<10, 8>, Tensor<float, 4, 10>>({.vectors = "Linear.p02.db_0"});
  check_variant<nn::Linear<4, 4>, Tensor<float, 6, 4>>({.vectors = "Linear.p04.options"});
  check<nn::Linear<3, 6, nn::bias<false>>, Tensor<float, 5, 3>>({.vectors = "Linear.p05.options"});
  check_everywhere<nn::Linear<9, 1, nn::bias<true>>, Tensor<float, 3, 9>>({.vectors = "Linear.p06.options"});
  check_variant<nn::Linear<7, 5, nn::dtype<float>, nn::bias<true>>, Tensor<float, 5, 7>>(
      {.vectors = "Linear.p07.options"});
  check_variant<nn::Linear<3, 9, nn::bias<false>>, Tensor<float, 3, 3>>({.vectors = "Linear.p08.options"});
  check_variant<nn::Linear<7, 2, nn::bias<true>>, Tensor<float, 2, 3, 7>>({.vectors = "Linear.p09.3d_input"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_variant<nn::Linear<1, 1>, Tensor<float, 1, 1>>();
  check<nn::Linear<17, 33>, Tensor<float, 1, 17>>();
  check_variant<nn::Linear<37, 5, nn::bias<false>>, Tensor<float, 7, 37>>();
  check<nn::Linear<64, 4>, Tensor<float, 1, 64>>();
  check_everywhere<nn::Linear<3, 131>, Tensor<float, 2, 5, 3>>();
  check_everywhere_in_double<nn::Linear<600, 19>, Tensor<float, 13, 600>>();
}

BOOST_AUTO_TEST_SUITE_END()
