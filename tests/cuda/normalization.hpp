#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(normalization)
using namespace against_host;

/// Scale, shift and running statistics away from their initial values.
template <class Layer, class Input>
void check_norm() {
  Layer layer;
  const auto randomize = [](auto& tensor) {
    for (auto& element : tensor) element = std::uniform_real_distribution<float>(0.3f, 2)(engine());
  };
  if constexpr (requires { layer.weight.data(); }) {
    randomize(layer.weight.data());
    randomize(layer.bias.data());
  }
  using T = typename Input::value_type;
  constexpr bool runs = requires { layer.running_mean; };
  if constexpr (runs) {
    randomize(layer.running_mean.data());
    randomize(layer.running_var.data());
  }

  const auto x = random<Input>();
  check_backward(layer, closely<T>, x);
  auto on_device = layer.cuda(0);
  check_equal(layer(x), on_device(tenon::cuda::copy(x)), closely<T>);  // in training mode
  if constexpr (runs) {
    check_equal(layer.running_mean.data(), on_device.running_mean.data(), closely<T>);
    check_equal(layer.running_var.data(), on_device.running_var.data(), closely<T>);
  }
  on_device.eval();
  layer.eval();
  check_equal(layer(x), on_device(tenon::cuda::copy(x)), closely<T>);
  check_backward(layer, closely<T>, x);
  check_compiled(layer, x, closely<T>);
}

BOOST_AUTO_TEST_CASE(batches) {
  check_norm<nn::BatchNorm2d<5>, Tensor<float, 3, 5, 7, 2>>();
  check_norm<nn::BatchNorm2d<1, nn::affine<false>, nn::eps<1e-2>>, Tensor<float, 2, 1, 1, 1>>();
  check_norm<nn::BatchNorm1d<5>, Tensor<float, 7, 5>>();
  check_norm<nn::BatchNorm1d<5>, Tensor<float, 3, 5, 7>>();
  check_norm<nn::BatchNorm3d<2>, Tensor<float, 3, 2, 2, 3, 5>>();
  check_norm<nn::BatchNorm2d<3, nn::momentum<0.7>, nn::dtype<double>>, Tensor<double, 4, 3, 5, 3>>();
}

BOOST_AUTO_TEST_CASE(samples) {
  check_norm<nn::LayerNorm<nn::normalized_shape<4, 5>>, Tensor<float, 2, 3, 4, 5>>();
  check_norm<nn::LayerNorm<nn::normalized_shape<7>, nn::elementwise_affine<false>>, Tensor<double, 3, 7>>();
  check_norm<nn::GroupNorm<2, 4>, Tensor<float, 3, 4, 5, 3>>();
  check_norm<nn::GroupNorm<2, 6, nn::eps<1e-2>>, Tensor<float, 3, 6>>();
  check_norm<nn::InstanceNorm1d<3, nn::affine<true>>, Tensor<float, 2, 3, 7>>();
  check_norm<nn::InstanceNorm2d<3>, Tensor<float, 2, 3, 5, 4>>();
}

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

BOOST_AUTO_TEST_CASE(one_value) {
  auto layer = nn::BatchNorm2d<3>().cuda(0);
  const tenon::cuda::Tensor<float, 1, 3, 1, 1> x;
  BOOST_CHECK_THROW(layer(x), tenon::Error);
  layer.eval();
  BOOST_CHECK_NO_THROW(layer(x));
}

BOOST_AUTO_TEST_SUITE_END()
