/// \file
/// What the chapters share: a layer on the device gives what it gives on the host.
#pragma once

#define BOOST_TEST_DYN_LINK
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <random>
#include <tenon/cuda/cuda.hpp>
#include <tenon/tenon.hpp>

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
  check_compiled(layer, x, tolerance);
}

}  // namespace against_host
