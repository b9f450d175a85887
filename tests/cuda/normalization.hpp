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
  randomize(layer.running_mean.data());
  randomize(layer.running_var.data());
  using T = typename Input::value_type;

  const auto x = random<Input>();
  check_backward(layer, closely<T>, x);
  auto on_device = layer.cuda(0);
  check_equal(layer(x), on_device(tenon::cuda::copy(x)), closely<T>);  // in training mode
  check_equal(layer.running_mean.data(), on_device.running_mean.data(), closely<T>);
  check_equal(layer.running_var.data(), on_device.running_var.data(), closely<T>);
  on_device.eval();
  layer.eval();
  check_equal(layer(x), on_device(tenon::cuda::copy(x)), closely<T>);
  check_backward(layer, closely<T>, x);
  check_compiled(layer, x, closely<T>);
}

BOOST_AUTO_TEST_CASE(options) {
  check_norm<nn::BatchNorm2d<5>, Tensor<float, 3, 5, 7, 2>>();
  check_norm<nn::BatchNorm2d<1, nn::affine<false>, nn::eps<1e-2>>, Tensor<float, 2, 1, 1, 1>>();
  check_norm<nn::BatchNorm1d<5>, Tensor<float, 7, 5>>();
  check_norm<nn::BatchNorm1d<5>, Tensor<float, 3, 5, 7>>();
  check_norm<nn::BatchNorm3d<2>, Tensor<float, 3, 2, 2, 3, 5>>();
  check_norm<nn::BatchNorm2d<3, nn::momentum<0.7>, nn::dtype<double>>, Tensor<double, 4, 3, 5, 3>>();
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
