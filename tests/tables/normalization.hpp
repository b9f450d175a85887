#pragma once

BOOST_AUTO_TEST_SUITE(normalization)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(batch_norm2d) {
  check<nn::BatchNorm2d<3, nn::affine<true>, nn::eps<1e-05>>, Tensor<float, 2, 3, 6, 6>>(
      {.vectors = "BatchNorm2d.p01.table"});
  check_variant<nn::BatchNorm2d<3, nn::eps<0.001>, nn::dtype<float>, nn::affine<false>, nn::momentum<0.8>>,
                Tensor<float, 2, 3, 6, 6>>({.vectors = "BatchNorm2d.p02.not_affine"});
  check_variant<nn::BatchNorm2d<3, nn::eps<1e-05>, nn::affine<true>, nn::momentum<0.1>>, Tensor<float, 2, 3, 6, 6>>(
      {.vectors = "BatchNorm2d.p03.db_0", .eval = true});
  check_everywhere<nn::BatchNorm2d<2, nn::eps<1e-05>, nn::affine<true>>, Tensor<float, 2, 2, 3, 4>>(
      {.vectors = "BatchNorm2d.p04.train"});
  check_everywhere_in_double<nn::BatchNorm2d<1, nn::momentum<0.25>>, Tensor<float, 3, 1, 1, 1>>(
      {.vectors = "BatchNorm2d.p05.train"});
  check_everywhere<nn::BatchNorm2d<1, nn::affine<false>, nn::momentum<0.25>, nn::eps<0.1>>, Tensor<float, 3, 1, 4, 3>>(
      {.vectors = "BatchNorm2d.p06.train"});
  check<nn::BatchNorm2d<5, nn::eps<0.1>, nn::affine<true>, nn::dtype<float>>, Tensor<float, 2, 5, 4, 4>>(
      {.vectors = "BatchNorm2d.p07.eval", .eval = true});
  check_variant<nn::BatchNorm2d<1>, Tensor<float, 4, 1, 2, 2>>({.vectors = "BatchNorm2d.p08.eval", .eval = true});
  check<nn::BatchNorm2d<4, nn::eps<0.001>, nn::affine<false>, nn::dtype<float>, nn::momentum<0.9>>,
        Tensor<float, 3, 4, 1, 1>>({.vectors = "BatchNorm2d.p09.eval", .eval = true});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_variant<nn::BatchNorm2d<1>, Tensor<float, 2, 1, 1, 1>>();
  check<nn::BatchNorm2d<17>, Tensor<float, 3, 17, 5, 7>>();
  check<nn::BatchNorm2d<17>, Tensor<float, 3, 17, 5, 7>>({.eval = true});
  check_variant<nn::BatchNorm2d<3, nn::affine<false>>, Tensor<float, 1, 3, 1, 37>>();
}

BOOST_AUTO_TEST_SUITE_END()
