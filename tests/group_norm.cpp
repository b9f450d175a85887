#include <limits>

#include "chapter.hpp"

using namespace tenon_test;

namespace {

// Inputs around 1000, whose mean is rounded to multiples of 6e-5.
constexpr Case far(const char* vectors) {
  return {.vectors = vectors, .rtol_out = 1e-4, .atol_out = 2e-4, .rtol_grad = 1e-3, .atol_grad = 1e-3};
}

BOOST_AUTO_TEST_CASE(layer_norm) {
  check<nn::LayerNorm<nn::normalized_shape<4, 5>>, Tensor<float, 2, 3, 4, 5>>({.vectors = "LayerNorm.p01.table"});
  check<nn::LayerNorm<nn::eps<0.1>, nn::normalized_shape<19>>, Tensor<float, 3, 19>>({.vectors = "LayerNorm.p02.eps"});
  check<nn::LayerNorm<nn::elementwise_affine<false>, nn::normalized_shape<3, 1, 7>>, Tensor<float, 2, 3, 1, 7>>(
      {.vectors = "LayerNorm.p03.not_affine"});
  check<nn::LayerNorm<nn::normalized_shape<33>, nn::elementwise_affine<true>>, Tensor<float, 2, 33>>(
      far("LayerNorm.p04.large_mean"));
  check<nn::LayerNorm<nn::normalized_shape<5>, nn::eps<1e-3>>, Tensor<float, 5>>();
}

BOOST_AUTO_TEST_CASE(group_norm) {
  check<nn::GroupNorm<3, 6>, Tensor<float, 2, 6, 3, 5>>({.vectors = "GroupNorm.p01.table"});
  check<nn::GroupNorm<2, 4, nn::affine<true>, nn::eps<0.1>>, Tensor<float, 1, 4, 3>>({.vectors = "GroupNorm.p02.eps"});
  check<nn::GroupNorm<1, 5, nn::affine<false>>, Tensor<float, 2, 5, 2, 3, 2>>({.vectors = "GroupNorm.p03.not_affine"});
  check<nn::GroupNorm<2, 38, nn::eps<1e-5>>, Tensor<float, 3, 38>>({.vectors = "GroupNorm.p04.features"});
  check<nn::GroupNorm<2, 4>, Tensor<float, 2, 4, 4, 5>>(far("GroupNorm.p05.large_mean"));
  check<nn::GroupNorm<2, 38, nn::affine<false>>, Tensor<float, 1, 38>>();
}

BOOST_AUTO_TEST_CASE(instance_norm) {
  check<nn::InstanceNorm1d<3>, Tensor<float, 2, 3, 17>>({.vectors = "InstanceNorm1d.p01.table"});
  check<nn::InstanceNorm1d<4, nn::affine<true>, nn::eps<1e-3>>, Tensor<float, 1, 4, 2>>(
      {.vectors = "InstanceNorm1d.p02.affine", .eval = true});
  check<nn::InstanceNorm2d<3, nn::affine<false>>, Tensor<float, 2, 3, 5, 7>>({.vectors = "InstanceNorm2d.p01.table"});
  // Two elements, close together in some of the channels: gradients are small differences.
  check<nn::InstanceNorm2d<5, nn::affine<true>>, Tensor<float, 3, 5, 1, 2>>(
      {.vectors = "InstanceNorm2d.p02.affine", .rtol_grad = 1e-3});
  check<nn::InstanceNorm2d<2, nn::eps<0.01>, nn::affine<true>>, Tensor<float, 1, 2, 6, 6>>(
      far("InstanceNorm2d.p03.large_mean"));
}

// A group of one element is as far from its mean as it can be: not at all.
BOOST_AUTO_TEST_CASE(groups_of_one_element) {
  nn::GroupNorm<3, 3> layer;
  layer.bias.data().fill(0.5f);
  for (const float element : layer(random_argument<Tensor<float, 2, 3>>(1))) BOOST_TEST(element == 0.5f);
}

BOOST_AUTO_TEST_CASE(nan_and_infinity_spoil_their_group) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto x = random_argument<Tensor<float, 2, 4, 3, 3>>(1);
    x(1, 2, 0, 1) = value;
    const auto y = nn::GroupNorm<2, 4>{}(x);
    for (std::size_t i = 0; i < y.size(); ++i) BOOST_TEST(std::isnan(y.data()[i]) == (i / 18 == 3));
    auto net = tenon::compile<Tensor<float, 2, 4, 3, 3>>(nn::GroupNorm<2, 4>{});
    for (std::size_t i = 0; i < y.size(); ++i) BOOST_TEST(std::isnan(net(x).data()[i]) == (i / 18 == 3));
  }
}

BOOST_AUTO_TEST_CASE(printed) {
  BOOST_TEST(nn::repr_module(nn::LayerNorm<nn::normalized_shape<10>>{}) ==
             "LayerNorm((10,), eps=1e-05, elementwise_affine=True)");
  BOOST_TEST(nn::repr_module(nn::GroupNorm<4, 32, nn::affine<false>>{}) == "GroupNorm(4, 32, eps=1e-05, affine=False)");
  BOOST_TEST(nn::repr_module(nn::InstanceNorm2d<32>{}) ==
             "InstanceNorm2d(32, eps=1e-05, momentum=0.1, affine=False, track_running_stats=False)");
}

// However spelled, one layer.
static_assert(std::is_same_v<nn::LayerNorm<nn::eps<1e-5>, nn::normalized_shape<2, 3>>::operation,
                             nn::LayerNorm<nn::normalized_shape<2, 3>>::operation>);
static_assert(
    std::is_same_v<decltype(nn::LayerNorm<nn::normalized_shape<2, 3>>::weight), nn::Parameter<Tensor<float, 2, 3>>>);

}  // namespace
