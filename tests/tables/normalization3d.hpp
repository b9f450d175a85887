#pragma once

BOOST_AUTO_TEST_SUITE(normalization3d)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(batch_norm3d) {
  check<nn::BatchNorm3d<3, nn::eps<1e-5>>, Tensor<float, 2, 3, 4, 4, 4>>({.vectors = "BatchNorm3d.p01.table"});
  check<nn::BatchNorm3d<3, nn::affine<false>, nn::momentum<0.7>, nn::eps<0.001>>, Tensor<float, 2, 3, 4, 4, 4>>(
      {.vectors = "BatchNorm3d.p02.not_affine"});
  check_variant<nn::BatchNorm3d<3, nn::affine<true>>, Tensor<float, 2, 3, 4, 4, 4>>(
      {.vectors = "BatchNorm3d.p03.db_0", .eval = true});
  check_variant<nn::BatchNorm3d<3, nn::eps<1e-5>>, Tensor<float, 2, 3, 4, 3, 4>>({.vectors = "BatchNorm3d.p04.train"});
  check_variant<nn::BatchNorm3d<2, nn::eps<0.001>, nn::momentum<0.25>>, Tensor<float, 3, 2, 4, 4, 1>>(
      {.vectors = "BatchNorm3d.p05.train"});
  check_variant<nn::BatchNorm3d<1, nn::affine<false>, nn::momentum<0.5>, nn::eps<0.1>>, Tensor<float, 4, 1, 2, 1, 2>>(
      {.vectors = "BatchNorm3d.p06.train"});
  check<nn::BatchNorm3d<2, nn::eps<0.1>, nn::momentum<0.9>>, Tensor<float, 4, 2, 3, 4, 3>>(
      {.vectors = "BatchNorm3d.p07.eval", .eval = true});
  check_variant<nn::BatchNorm3d<5, nn::momentum<0.1>, nn::eps<0.001>>, Tensor<float, 2, 5, 2, 4, 2>>(
      {.vectors = "BatchNorm3d.p08.eval", .eval = true});
  check<nn::BatchNorm3d<2, nn::eps<0.001>, nn::momentum<0.5>, nn::affine<false>>, Tensor<float, 3, 2, 1, 4, 1>>(
      {.vectors = "BatchNorm3d.p09.eval", .eval = true});
}

BOOST_AUTO_TEST_CASE(odd_shapes) { check_everywhere<nn::BatchNorm3d<2>, Tensor<float, 1, 2, 3, 1, 7>>(); }

BOOST_AUTO_TEST_SUITE_END()
