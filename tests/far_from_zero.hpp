// What the chapters of normalizations share: groups that lie far from zero, and groups that do not vary.
#pragma once

#include "chapter.hpp"

namespace tenon_test {

/// The largest difference, in units of `unit`.
template <class A, class B>
double largest_difference(const A& a, const B& b, double unit = 1) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]));
    if (!is_finite(difference)) return 1e300;
    if (difference > largest) largest = difference;
  }
  return largest / unit;
}

/// Numbers about `mean`, most of them within `deviation`.
template <class X>
X numbers_about(double mean, double deviation) {
  X x = random_argument<X>(1, -2, 2);
  for (auto& element : x)
    element = static_cast<typename X::value_type>(mean + deviation * static_cast<double>(element));
  return x;
}

template <class X>
using in_double = tenon::tensor_of_t<double, tenon::shape_of_t<X>>;

/// Checks `layer` and its net, in float, against the same layer in double on the same numbers, about `mean`: what is
/// normalised is of the order of 1, its gradient of 1 / deviation.
template <class Layer, class X>
void check_far_from_zero(double mean, double deviation, bool in_training_mode = true) {
  BOOST_TEST_CONTEXT(nn::repr_module(Layer{}) << " about " << mean << (in_training_mode ? "" : ", not in training")) {
    tenon::manual_seed(3);
    Layer layer;
    if constexpr (requires { layer.weight.data(); }) {
      tenon::fill_uniform(layer.weight.data(), 1);
      tenon::fill_uniform(layer.bias.data(), 1);
    }
    if constexpr (requires { layer.running_mean.data(); }) {
      layer.running_mean.data().fill(static_cast<float>(mean));
      layer.running_var.data().fill(static_cast<float>(deviation * deviation));
    }
    layer.train(in_training_mode);
    auto precise = layer.template to<double>();
    const nn::Variable v{numbers_about<X>(mean, deviation), nn::requires_grad};
    const nn::Variable w{in_double<X>::from(v.data()), nn::requires_grad};
    const auto y = layer(v);
    const auto z = precise(w);
    BOOST_TEST(largest_difference(y.data(), z.data()) < 1e-4);
    const auto g = random_argument<X>(1);
    y.backward(g);
    z.backward(in_double<X>::from(g));
    BOOST_TEST(largest_difference(v.grad(), w.grad(), 1 / deviation) < 1e-4);
    nn::for_each_parameter(layer, [&](const std::string& name, auto& parameter) {
      nn::for_each_parameter(precise, [&](const std::string& other, auto& wanted) {
        using Shape = tenon::shape_of_t<std::remove_cvref_t<decltype(parameter.data())>>;
        constexpr double terms = X::size() / Shape::size;
        if (name == other) BOOST_TEST(largest_difference(parameter.grad(), wanted.grad(), terms) < 1e-4);
      });
    });
    constexpr bool differs_in_training = requires { layer.running_mean; };
    if (!differs_in_training || !in_training_mode)
      BOOST_TEST(largest_difference(tenon::compile<X>(layer)(v.data()), z.data()) < 1e-4);
  }
}

/// Checks that groups of equal elements, without an eps, are normalised to 0, which the bias moves; they have no
/// gradient.
template <class Layer, class X>
void check_without_variance(bool in_training_mode = true) {
  BOOST_TEST_CONTEXT(nn::repr_module(Layer{}) << (in_training_mode ? "" : ", not in training")) {
    for (const double value : {0.0, 0.1, 1.0, -3.3, 1e5}) {
      tenon::manual_seed(4);
      Layer layer, shifts;
      if constexpr (requires { layer.weight.data(); }) {
        tenon::fill_uniform(layer.weight.data(), 1);
        tenon::fill_uniform(layer.bias.data(), 1);
        shifts = layer;
      }
      if constexpr (requires { layer.running_mean.data(); }) layer.running_var.data().fill(0);
      layer.train(in_training_mode);
      X x;
      x.fill(static_cast<typename X::value_type>(value));
      // With weights of 0 the bias is what the layer gives of anything.
      X wanted{};
      if constexpr (requires { layer.weight.data(); }) {
        shifts.weight.data().fill(0);
        wanted = shifts(random_argument<X>(1));
      }
      const nn::Variable v{x, nn::requires_grad};
      const auto y = layer(v);
      BOOST_TEST(largest_difference(y.data(), wanted) == 0);
      y.backward(random_argument<X>(1));
      BOOST_TEST(largest_difference(v.grad(), X{}) == 0);
      if constexpr (requires { layer.weight.data(); })
        BOOST_TEST(largest_difference(layer.weight.grad(), std::remove_cvref_t<decltype(layer.weight.grad())>{}) == 0);
      layer.eval();
      if constexpr (requires { layer.running_mean.data(); }) layer.running_var.data().fill(0);
      BOOST_TEST(largest_difference(layer(x), wanted) == 0);
      BOOST_TEST(largest_difference(tenon::compile<X>(layer)(x), wanted) == 0);
    }
  }
}

/// A convolution that changes nothing but the layout of what comes after it, and `Layer`.
template <class Layer, index_t Channels>
auto behind_convolution(const Layer& layer) {
  nn::Sequential<nn::Conv2d<Channels, Channels, nn::kernel_size<1>>, Layer> model;
  auto& convolution = model[std::integral_constant<std::size_t, 0>{}];
  convolution.weight.data().fill(0);
  convolution.bias.data().fill(0);
  for (index_t c = 0; c < Channels; ++c) convolution.weight.data()(c, c, 0, 0) = 1;
  model[std::integral_constant<std::size_t, 1>{}] = layer;
  return model;
}

}  // namespace tenon_test
