/// \file
/// Activations on the device.
#pragma once

#include <cmath>
#include <tenon/nn/activation.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Computes y[i] = x[i] where it is positive, else weight[channel of i] * x[i]: `x` and `y` (..., channels, inner),
/// `weight` (channels). `y` may be `x`.
template <class T>
struct PReLU {
  index_t channels, inner;
  const T *x, *weight;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    y[i] = x[i] > T(0) ? x[i] : weight[i / inner % channels] * x[i];
  }
};
/// Returns the gradient of element i of `x`: `x` and `grad_y` (..., channels, inner), `weight` (channels).
template <class T>
struct PReLUGradient {
  index_t channels, inner;
  const T *x, *weight, *grad_y;
  TENON_HOST_DEVICE T operator()(index_t i) const {
    return x[i] > T(0) ? grad_y[i] : weight[i / inner % channels] * grad_y[i];
  }
};
/// Returns what element i of `x`, of the shape of `grad_y`, adds to the gradient of its weight.
template <class T>
struct PReLUWeightTerm {
  const T *x, *grad_y;
  TENON_HOST_DEVICE double operator()(index_t i) const {
    return x[i] > T(0) ? 0 : static_cast<double>(grad_y[i]) * static_cast<double>(x[i]);
  }
};

template <index_t Parameters>
struct Kernel<operation::PReLU<Parameters>> {
  /// Elements of one channel of one sample; with a single parameter, of the whole tensor.
  template <class S>
  static constexpr index_t inner = [] {
    if constexpr (Parameters == 1)
      return S::size;
    else
      return S::size / S::dims[0] / Parameters;
  }();

  template <class X, class W>
  static void forward(const operation::PReLU<Parameters>&, autograd::NothingSaved*, X& y, const X& x, const W& weight) {
    using S = shape_of_t<X>;
    launch(S::size, PReLU<typename X::value_type>{Parameters, inner<S>, x.data(), weight.data(), y.data()});
  }
  template <class X, class W>
  static void backward(const operation::PReLU<Parameters>&, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight) {
    using T = typename X::value_type;
    using S = shape_of_t<X>;
    tabulate_gradient(x, PReLUGradient<T>{Parameters, inner<S>, x.value.data(), weight.value.data(), grad_y.data()});
    if (T* sum = weight.grad_to_add())
      add_channel_sums(S::size / inner<S> / Parameters, Parameters, inner<S>,
                       PReLUWeightTerm<T>{x.value.data(), grad_y.data()}, sum);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
