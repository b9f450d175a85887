#pragma once

BOOST_AUTO_TEST_SUITE(group_norm)
using namespace tenon_test;

// Inputs around 1000, whose mean is rounded to multiples of 6e-5.
constexpr Case far(const char* vectors) {
  return {.vectors = vectors, .rtol_out = 1e-4, .atol_out = 2e-4, .rtol_grad = 1e-3, .atol_grad = 1e-3};
}

BOOST_AUTO_TEST_CASE(layer_norm) {
  check_everywhere<nn::LayerNorm<nn::normalized_shape<4, 5>>, Tensor<float, 2, 3, 4, 5>>(
      {.vectors = "LayerNorm.p01.table"});
  check_variant<nn::LayerNorm<nn::eps<0.1>, nn::normalized_shape<19>>, Tensor<float, 3, 19>>(
      {.vectors = "LayerNorm.p02.eps"});
  check_everywhere_in_double<nn::LayerNorm<nn::elementwise_affine<false>, nn::normalized_shape<3, 1, 7>>,
                             Tensor<float, 2, 3, 1, 7>>({.vectors = "LayerNorm.p03.not_affine"});
  check<nn::LayerNorm<nn::normalized_shape<33>, nn::elementwise_affine<true>>, Tensor<float, 2, 33>>(
      far("LayerNorm.p04.large_mean"));
  check<nn::LayerNorm<nn::normalized_shape<5>, nn::eps<1e-3>>, Tensor<float, 5>>();
}

BOOST_AUTO_TEST_CASE(group_norm) {
  check_everywhere<nn::GroupNorm<3, 6>, Tensor<float, 2, 6, 3, 5>>({.vectors = "GroupNorm.p01.table"});
  check_variant<nn::GroupNorm<2, 4, nn::affine<true>, nn::eps<0.1>>, Tensor<float, 1, 4, 3>>(
      {.vectors = "GroupNorm.p02.eps"});
  check_variant<nn::GroupNorm<1, 5, nn::affine<false>>, Tensor<float, 2, 5, 2, 3, 2>>(
      {.vectors = "GroupNorm.p03.not_affine"});
  check_everywhere<nn::GroupNorm<2, 38, nn::eps<1e-5>>, Tensor<float, 3, 38>>({.vectors = "GroupNorm.p04.features"});
  check<nn::GroupNorm<2, 4>, Tensor<float, 2, 4, 4, 5>>(far("GroupNorm.p05.large_mean"));
  check_variant<nn::GroupNorm<2, 38, nn::affine<false>>, Tensor<float, 1, 38>>();
}

BOOST_AUTO_TEST_CASE(instance_norm) {
  check<nn::InstanceNorm1d<3>, Tensor<float, 2, 3, 17>>({.vectors = "InstanceNorm1d.p01.table"});
  check<nn::InstanceNorm1d<4, nn::affine<true>, nn::eps<1e-3>>, Tensor<float, 1, 4, 2>>(
      {.vectors = "InstanceNorm1d.p02.affine", .eval = true});
  check_everywhere<nn::InstanceNorm2d<3, nn::affine<false>>, Tensor<float, 2, 3, 5, 7>>(
      {.vectors = "InstanceNorm2d.p01.table"});
  // Two elements, close together in some of the channels: gradients are small differences.
  check_variant<nn::InstanceNorm2d<5, nn::affine<true>>, Tensor<float, 3, 5, 1, 2>>(
      {.vectors = "InstanceNorm2d.p02.affine", .rtol_grad = 1e-3});
  check_variant<nn::InstanceNorm2d<2, nn::eps<0.01>, nn::affine<true>>, Tensor<float, 1, 2, 6, 6>>(
      far("InstanceNorm2d.p03.large_mean"));
}

BOOST_AUTO_TEST_CASE(instance_norm_with_running_statistics) {
  using nn::track_running_stats;
  check_everywhere<nn::InstanceNorm1d<4, nn::affine<true>, track_running_stats<true>>, Tensor<float, 3, 4, 6>>(
      {.vectors = "InstanceNorm1d.p03.tracked_train"});
  check<nn::InstanceNorm1d<3, nn::momentum<0.5>, track_running_stats<true>>, Tensor<float, 2, 3, 5>>(
      {.vectors = "InstanceNorm1d.p04.tracked_eval", .eval = true});
  check_everywhere_in_double<nn::InstanceNorm2d<3, nn::momentum<0.25>, nn::eps<0.1>, track_running_stats<true>>,
                             Tensor<float, 2, 3, 3, 4>>({.vectors = "InstanceNorm2d.p04.tracked_train"});
  check_everywhere<nn::InstanceNorm2d<5, track_running_stats<true>, nn::affine<true>>, Tensor<float, 2, 5, 4, 3>>(
      {.vectors = "InstanceNorm2d.p05.tracked_eval", .eval = true});
}

BOOST_AUTO_TEST_SUITE_END()
