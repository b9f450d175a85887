#include <limits>
#include <sstream>

#include "far_from_zero.hpp"
#include "tables/group_norm.hpp"

using namespace tenon_test;
using namespace tenon::literals;

namespace {

// A group of one element is as far from its mean as it can be: not at all.
BOOST_AUTO_TEST_CASE(groups_of_one_element) {
  nn::GroupNorm<3, 3> layer;
  layer.bias.data().fill(0.5f);
  for (const float element : layer(random_argument<Tensor<float, 2, 3>>(1))) BOOST_TEST(element == 0.5f);
}

#if !__FINITE_MATH_ONLY__  // -ffast-math, which knows neither
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
#endif

// The mean is not rounded before it is subtracted: that would be a tenth of a deviation.
BOOST_AUTO_TEST_CASE(far_from_zero) {
  for (const double mean : {1e4, -1e4}) {
    check_far_from_zero<nn::LayerNorm<nn::normalized_shape<4, 5>>, Tensor<float, 2, 3, 4, 5>>(mean, 0.006);
    check_far_from_zero<nn::LayerNorm<nn::normalized_shape<259>>, Tensor<float, 3, 259>>(mean, 0.006);
    check_far_from_zero<nn::LayerNorm<nn::normalized_shape<33>, nn::elementwise_affine<false>>, Tensor<float, 3, 33>>(
        mean, 0.006);
    check_far_from_zero<nn::GroupNorm<3, 6>, Tensor<float, 2, 6, 3, 5>>(mean, 0.006);
    check_far_from_zero<nn::GroupNorm<2, 38, nn::affine<false>>, Tensor<float, 3, 38>>(mean, 0.006);
    check_far_from_zero<nn::InstanceNorm1d<3, nn::affine<true>>, Tensor<float, 2, 3, 17>>(mean, 0.006);
    check_far_from_zero<nn::InstanceNorm2d<3>, Tensor<float, 2, 3, 9, 8>>(mean, 0.006);
  }
  check_far_from_zero<nn::LayerNorm<nn::normalized_shape<1000>>, Tensor<float, 2, 1000>>(1e5, 0.05);
  check_far_from_zero<nn::GroupNorm<3, 6, nn::eps<0>>, Tensor<float, 2, 6, 9, 5>>(3e6, 1);
}
BOOST_AUTO_TEST_CASE(far_from_zero_behind_convolution) {
  const auto check_blocked = []<class Layer, index_t Channels>(Layer, std::integral_constant<index_t, Channels>) {
    using X = Tensor<float, 2, Channels, 5, 7>;
    tenon::manual_seed(8);
    Layer layer;
    tenon::fill_uniform(layer.weight.data(), 1);
    tenon::fill_uniform(layer.bias.data(), 1);
    const auto x = numbers_about<X>(1e4, 0.006);
    const auto wanted = layer.template to<double>()(in_double<X>::from(x));
    const auto y = tenon::compile<X>(behind_convolution<Layer, Channels>(layer))(x);
    BOOST_TEST(largest_difference(y, wanted) < 1e-4);
  };
  check_blocked(nn::GroupNorm<2, 16>{}, std::integral_constant<index_t, 16>{});
  check_blocked(nn::GroupNorm<3, 21>{}, std::integral_constant<index_t, 21>{});
  check_blocked(nn::InstanceNorm2d<17, nn::affine<true>>{}, std::integral_constant<index_t, 17>{});
}

BOOST_AUTO_TEST_CASE(running_statistics_fold_in_compiled_nets) {
  using Norm = nn::InstanceNorm2d<4, nn::track_running_stats<true>>;
  using X = Tensor<float, 2, 3, 5, 4>;
  nn::Sequential<nn::Conv2d<3, 4, nn::kernel_size<2>>, Norm, nn::ReLU> model;
  std::vector<std::string> keys;
  for (const auto& [key, tensor] : Norm{}.state_dict()) keys.push_back(key);
  BOOST_TEST(keys == (std::vector<std::string>{"running_mean", "running_var"}), boost::test_tools::per_element());
  const auto x = random_argument<X>(1);
  model(x);  // in training mode, from which on they are neither 0 nor 1
  BOOST_TEST(model[1_c].running_mean.data()(0) != 0);
  model.eval();
  auto net = tenon::compile<X>(model);
  BOOST_TEST(net.plan().stages.size() == 1u);
  BOOST_TEST(net.plan().stages[0].name == "Conv2d + InstanceNorm2d + ReLU");
  BOOST_TEST(largest_difference(net(x), model(x)) < 1e-5);
  std::ostringstream text;
  text << Norm{};
  BOOST_TEST(text.str() == "InstanceNorm2d(4, eps=1e-05, momentum=0.1, affine=False, track_running_stats=True)");
}

// Without an eps, what does not vary is 0, and not 0 / 0.
BOOST_AUTO_TEST_CASE(without_variance) {
  check_without_variance<nn::LayerNorm<nn::normalized_shape<4, 5>, nn::eps<0>>, Tensor<float, 3, 4, 5>>();
  check_without_variance<nn::LayerNorm<nn::normalized_shape<259>, nn::eps<0>, nn::elementwise_affine<false>>,
                         Tensor<float, 3, 259>>();
  check_without_variance<nn::LayerNorm<nn::normalized_shape<7>, nn::eps<0>, nn::dtype<double>>, Tensor<double, 3, 7>>();
  check_without_variance<nn::GroupNorm<3, 6, nn::eps<0>>, Tensor<float, 2, 6, 7, 5>>();
  check_without_variance<nn::GroupNorm<2, 6, nn::eps<0>, nn::affine<false>>, Tensor<float, 3, 6>>();
  check_without_variance<nn::InstanceNorm1d<3, nn::eps<0>>, Tensor<float, 2, 3, 17>>();
  check_without_variance<nn::InstanceNorm2d<3, nn::eps<0>, nn::affine<true>>, Tensor<float, 2, 3, 5, 4>>();
  using X = Tensor<float, 2, 21, 4, 3>;
  X x;
  x.fill(0.1f);
  const auto y = tenon::compile<X>(behind_convolution<nn::GroupNorm<3, 21, nn::eps<0>>, 21>({}))(x);
  BOOST_TEST(largest_difference(y, X{}) == 0);
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
