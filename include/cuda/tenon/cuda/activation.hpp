/// \file
/// Activations on the device.
#pragma once

#include <cmath>
#include <tenon/nn/activation.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class Function>
struct Kernel<operation::Pointwise<Function>> {
  template <class X>
  static void forward(const operation::Pointwise<Function>&, autograd::NothingSaved*, X& y, const X& x) {
    map(shape_of_t<X>::size, Function{}, x.data(), y.data());
  }
  template <class X>
  static void backward(const operation::Pointwise<Function>&, const autograd::NothingSaved&, const X& y,
                       const X& grad_y, const autograd::Input<X>& x) {
    if (!x.grad) return;
    const auto* saved = Function::saves == pointwise::Saves::output ? y.data() : x.value.data();
    map_gradient(shape_of_t<X>::size, x.accumulate, pointwise::GradientOf<Function>{}, x.grad, grad_y.data(), saved);
  }
};

/// y[i] = x[i] where it is positive, else weight[its channel] * x[i]; a tensor is (..., channels, inner).
template <class T>
struct PReLU {
  index_t channels, inner;
  const T *x, *weight;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    y[i] = x[i] > T(0) ? x[i] : weight[i / inner % channels] * x[i];
  }
};
template <class T>
struct PReLUGradient {
  index_t channels, inner;
  bool accumulate;
  const T *x, *weight, *grad_y;
  T* grad_x;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const T g = x[i] > T(0) ? grad_y[i] : weight[i / inner % channels] * grad_y[i];
    grad_x[i] = accumulate ? grad_x[i] + g : g;
  }
};
/// What element i adds to the gradient of its weight.
template <class T>
struct PReLUWeightTerm {
  const T *x, *grad_y;
  TENON_HOST_DEVICE double operator()(index_t i) const {
    return x[i] > T(0) ? 0 : static_cast<double>(grad_y[i]) * static_cast<double>(x[i]);
  }
};

template <index_t Parameters>
struct Kernel<operation::PReLU<Parameters>> {
  /// Elements of one channel of one sample.
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
    if (x.grad)
      launch(S::size, PReLUGradient<T>{Parameters, inner<S>, x.accumulate, x.value.data(), weight.value.data(),
                                       grad_y.data(), x.grad});
    if (T* sum = weight.grad_to_add())
      add_channel_sums(S::size / inner<S> / Parameters, Parameters, inner<S>,
                       PReLUWeightTerm<T>{x.value.data(), grad_y.data()}, sum);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
