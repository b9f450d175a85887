#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/group_norm.hpp"
#include "../tables/normalization.hpp"
#include "../tables/normalization1d.hpp"
#include "../tables/normalization3d.hpp"

BOOST_AUTO_TEST_SUITE(normalization)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(samples) { check_on_device<nn::InstanceNorm1d<3, nn::affine<true>>, Tensor<float, 2, 3, 7>>(); }

BOOST_AUTO_TEST_CASE(activation_behind) {
  using Model = nn::Sequential<nn::Conv2d<3, 4, nn::kernel_size<2>>, nn::GroupNorm<2, 4>, nn::Tanh>;
  Model model;
  check_compiled(model, random<Tensor<float, 2, 3, 5, 4>>(), closely<float>);
}

BOOST_AUTO_TEST_CASE(large_mean) {
  nn::BatchNorm2d<2> layer;
  auto x = random<Tensor<float, 4, 2, 9, 9>>();
  x = x + 1e4f;
  check_eager(layer, x, 2e-3);  // elements are multiples of 1e-3
}

/// The mean is not rounded before it is subtracted; the host is checked against double.
template <class Layer, class Input>
void check_far_from_zero() {
  Layer layer;
  auto x = random<Input>();
  x = x * 0.006f + 1e4f;
  if constexpr (requires { layer.running_mean.data(); }) {
    layer.running_mean.data().fill(1e4f);
    layer.running_var.data().fill(3.6e-5f);
  }
  check_layer(layer, {.device_tolerance = 2e-5}, x);
}
BOOST_AUTO_TEST_CASE(far_from_zero) {
  check_far_from_zero<nn::BatchNorm2d<2>, Tensor<float, 4, 2, 9, 9>>();
  check_far_from_zero<nn::BatchNorm1d<5>, Tensor<float, 31, 5>>();
  check_far_from_zero<nn::LayerNorm<nn::normalized_shape<33>>, Tensor<float, 3, 33>>();
  check_far_from_zero<nn::GroupNorm<3, 6>, Tensor<float, 2, 6, 3, 5>>();
}

/// Without an eps, what does not vary is normalised to 0, also where its elements are none that double can add up.
template <class Layer, class Input>
void check_without_variance() {
  using T = typename Input::value_type;
  Layer layer;
  if constexpr (requires { layer.running_mean.data(); }) layer.running_var.data().fill(0);
  Input x;
  x.fill(T(0.1));
  const nn::Variable v(tenon::cuda::copy(x), nn::requires_grad);
  auto on_device = layer.cuda(0);
  const auto y = on_device(v);
  check_equal(Input{}, y.data(), exactly);
  y.backward(tenon::cuda::copy(random<Input>()));
  check_equal(Input{}, v.grad(), exactly);
  layer.eval();
  check_equal(Input{}, layer.cuda(0)(tenon::cuda::copy(x)), exactly);
  check_compiled(layer, x, exactly);
}
BOOST_AUTO_TEST_CASE(without_variance) {
  check_without_variance<nn::BatchNorm2d<3, nn::eps<0>>, Tensor<float, 4, 3, 9, 9>>();
  check_without_variance<nn::BatchNorm1d<5, nn::eps<0>, nn::dtype<double>>, Tensor<double, 31, 5>>();
  check_without_variance<nn::LayerNorm<nn::normalized_shape<33>, nn::eps<0>>, Tensor<float, 3, 33>>();
  check_without_variance<nn::GroupNorm<3, 6, nn::eps<0>, nn::dtype<double>>, Tensor<double, 2, 6, 3, 5>>();
}

BOOST_AUTO_TEST_CASE(one_value) {
  auto layer = nn::BatchNorm2d<3>().cuda(0);
  const tenon::cuda::Tensor<float, 1, 3, 1, 1> x;
  BOOST_CHECK_THROW(layer(x), tenon::Error);
  layer.eval();
  BOOST_CHECK_NO_THROW(layer(x));

  auto of_samples = nn::InstanceNorm2d<3, nn::track_running_stats<true>>().cuda(0);
  BOOST_CHECK_THROW(of_samples(x), tenon::Error);
  of_samples.eval();
  BOOST_CHECK_NO_THROW(of_samples(x));
}

BOOST_AUTO_TEST_SUITE_END()
