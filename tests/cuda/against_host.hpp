/// \file
/// What the chapters share: a layer on the device gives what it gives on the host.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <random>
#include <tenon/cuda/cuda.hpp>
#include <tenon/tenon.hpp>
#include <tuple>
#include <type_traits>
#include <vector>

namespace against_host {

namespace nn = tenon::nn;
namespace cuda = tenon::cuda;
using tenon::index_t;
using tenon::Tensor;

inline std::mt19937& engine() {
  static std::mt19937 generator(20);
  return generator;
}

/// Normal numbers, different ones in each call.
template <class TensorType>
TensorType random() {
  TensorType x;
  std::normal_distribution<double> normal;
  for (auto& element : x) element = static_cast<typename TensorType::value_type>(normal(engine()));
  return x;
}

/// Sums of many terms, in another order; `exactly` for what only picks elements.
template <class T>
inline constexpr double closely = std::is_same_v<T, float> ? 2e-5 : 1e-13;
inline constexpr double exactly = 0;

template <class T, index_t... D>
void check_equal(const Tensor<T, D...>& expected, const Tensor<T, D...>& actual, double tolerance) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto wanted = static_cast<double>(expected.data()[i]), found = static_cast<double>(actual.data()[i]);
    const bool equal = std::isnan(wanted)
                           ? std::isnan(found)
                           : wanted == found || std::abs(wanted - found) <= tolerance * (1 + std::abs(wanted));
    if (equal) continue;
    BOOST_ERROR("element " << i << " of " << expected.size() << ": wanted " << wanted << ", found " << found);
    return;
  }
  BOOST_TEST_PASSPOINT();
}
template <class T, index_t... D>
void check_equal(const Tensor<T, D...>& expected, const cuda::Tensor<T, D...>& actual, double tolerance) {
  check_equal(expected, actual.to_host(), tolerance);
}

/// An eager call of `layer` on `x`.
template <class Layer, class Input>
void check_eager(Layer& layer, const Input& x, double tolerance) {
  auto on_device = layer.cuda(0);
  check_equal(layer(x), on_device(cuda::copy(x)), tolerance);
}

/// A record of `layer(x...)` on the device gives the gradients that one on the host gives.
template <class Layer, class... X>
void check_backward(Layer& layer, double tolerance, const X&... x) {
  layer.zero_grad();
  auto on_device = layer.cuda(0);
  const std::tuple inputs{nn::Variable(x, nn::requires_grad)...};
  const std::tuple device_inputs{nn::Variable(cuda::copy(x), nn::requires_grad)...};
  const auto y = std::apply([&](const auto&... variables) { return layer(variables...); }, inputs);
  // A product with 1: on the device, only the record has what the layer is given and what it makes of that.
  const auto passed_on = [](const auto& variable) {
    if constexpr (requires { 1 * variable; })
      return 1 * variable;
    else  // indices, and several results
      return variable;
  };
  const auto device_y = std::apply(
      [&](const auto&... variables) { return passed_on(on_device(passed_on(variables)...)); }, device_inputs);
  const auto backward = [](const auto& result, const auto& device_result) {
    const auto gradient = random<std::remove_cvref_t<decltype(result.data())>>();
    result.backward(gradient);
    device_result.backward(cuda::copy(gradient));
  };
  if constexpr (requires { std::get<0>(y); })
    backward(std::get<0>(y), std::get<0>(device_y));
  else
    backward(y, device_y);
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (check_equal(std::get<I>(inputs).grad(), std::get<I>(device_inputs).grad(), tolerance), ...);
  }
  (std::index_sequence_for<X...>{});
  const auto gradients = [](auto& module) {
    std::vector<std::vector<double>> all;
    nn::for_each_parameter(module, [&](const std::string&, auto& parameter) {
      const auto add = [&](const auto& tensor) { all.emplace_back(tensor.begin(), tensor.end()); };
      if constexpr (requires { parameter.grad().to_host(); })
        add(parameter.grad().to_host());
      else
        add(parameter.grad());
    });
    return all;
  };
  const auto expected = gradients(layer), actual = gradients(on_device);
  for (std::size_t p = 0; p < expected.size(); ++p)
    for (std::size_t i = 0; i < expected[p].size(); ++i)
      if (std::abs(expected[p][i] - actual[p][i]) > tolerance * (1 + std::abs(expected[p][i]))) {
        BOOST_ERROR("parameter " << p << ", element " << i << ": gradient " << actual[p][i] << ", wanted "
                                 << expected[p][i]);
        break;
      }
}

/// The net that `layer`, in evaluation mode, is compiled to.
template <class Layer, class Input>
void check_compiled(Layer& layer, const Input& x, double tolerance) {
  auto net = cuda::compile<Input>(layer, 0);
  layer.eval();
  check_equal(layer(x), net(cuda::copy(x)), tolerance);
}

template <class Layer, class Input>
void check(double tolerance = closely<typename Input::value_type>) {
  Layer layer;
  const auto x = random<Input>();
  check_eager(layer, x, tolerance);
  check_backward(layer, tolerance, x);
  check_compiled(layer, x, tolerance);
}

}  // namespace against_host
