#pragma once

BOOST_AUTO_TEST_SUITE(normalization1d)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(batch_norm1d) {
  check<nn::BatchNorm1d<10, nn::eps<1e-5>>, Tensor<float, 4, 10>>({.vectors = "BatchNorm1d.p01.affine"});
  check<nn::BatchNorm1d<10, nn::affine<false>, nn::momentum<0.3>, nn::eps<0.001>>, Tensor<float, 4, 10>>(
      {.vectors = "BatchNorm1d.p02.not_affine"});
  check_variant<nn::BatchNorm1d<2, nn::affine<true>>, Tensor<float, 2, 2, 1>>({.vectors = "BatchNorm1d.p03.train"});
  check_everywhere<nn::BatchNorm1d<5, nn::momentum<0.9>, nn::eps<0.001>>, Tensor<float, 4, 5>>(
      {.vectors = "BatchNorm1d.p04.train"});
  check<nn::BatchNorm1d<2, nn::momentum<0.9>, nn::affine<false>>, Tensor<float, 3, 2, 3>>(
      {.vectors = "BatchNorm1d.p05.train"});
  check_variant<nn::BatchNorm1d<3, nn::affine<true>, nn::momentum<0.9>, nn::eps<0.001>>, Tensor<float, 2, 3>>(
      {.vectors = "BatchNorm1d.p06.eval", .eval = true});
  check<nn::BatchNorm1d<1, nn::eps<0.1>, nn::momentum<0.9>>, Tensor<float, 2, 1, 2>>(
      {.vectors = "BatchNorm1d.p07.eval", .eval = true});
  check_variant<nn::BatchNorm1d<1, nn::affine<false>, nn::momentum<0.5>, nn::eps<0.001>>, Tensor<float, 4, 1>>(
      {.vectors = "BatchNorm1d.p08.eval", .eval = true});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_variant<nn::BatchNorm1d<37>, Tensor<float, 3, 37>>();
  check<nn::BatchNorm1d<37>, Tensor<float, 3, 37>>({.eval = true});
  check_variant<nn::BatchNorm1d<37, nn::affine<false>>, Tensor<float, 2, 37>>();
  check_everywhere<nn::BatchNorm1d<5>, Tensor<float, 1, 5, 67>>();
  check<nn::BatchNorm1d<131>, Tensor<float, 5, 131>>();
}

BOOST_AUTO_TEST_SUITE_END()
