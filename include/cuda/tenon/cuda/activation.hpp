/// \file
/// Activations on the device.
#pragma once

#include <cmath>
#include <tenon/nn/activation.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class Function>
struct GradientOf {
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& gradient, const T& saved) const {
    return Function{}.gradient(gradient, saved);
  }
};

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
    map_gradient(shape_of_t<X>::size, x.accumulate, GradientOf<Function>{}, x.grad, grad_y.data(), saved);
  }
};

/// An axis of a contiguous tensor: slices (outer, size, inner).
struct Axis {
  index_t outer = 1, size = 1, inner = 1;

  template <std::size_t Rank>
  constexpr Axis(const std::array<index_t, Rank>& dims, std::size_t axis) : size(dims[axis]) {
    for (std::size_t a = 0; a < axis; ++a) outer *= dims[a];
    for (std::size_t a = axis + 1; a < Rank; ++a) inner *= dims[a];
  }

  /// Offset of the first element of slice `i`; the others follow `inner` apart.
  TENON_HOST_DEVICE index_t slice(index_t i) const { return i / inner * size * inner + i % inner; }
};

/// log(sum(exp(x))) of the elements x[0], x[step], ...
template <class T>
TENON_HOST_DEVICE T log_sum_exp(index_t size, index_t step, const T* x) {
  using std::exp;
  using std::log;
  T largest = x[0], sum = 0;
  for (index_t i = 1; i < size; ++i) largest = x[i * step] > largest ? x[i * step] : largest;
  for (index_t i = 0; i < size; ++i) sum += exp(x[i * step] - largest);
  return largest + log(sum);
}

/// One slice of a log-softmax.
template <class T>
struct LogSoftmax {
  Axis axis;
  const T* x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t start = axis.slice(i);
    const T normalizer = log_sum_exp(axis.size, axis.inner, x + start);
    for (index_t e = start; e < start + axis.size * axis.inner; e += axis.inner) y[e] = x[e] - normalizer;
  }
};

template <class T>
void log_softmax(const Axis& axis, const T* x, T* y) {
  launch(axis.outer * axis.inner, LogSoftmax<T>{axis, x, y});
}

template <int Dim>
struct Kernel<operation::LogSoftmax<Dim>> : ForwardOnly {
  template <class X>
  static void forward(const operation::LogSoftmax<Dim>&, Saved*, X& y, const X& x) {
    using S = shape_of_t<X>;
    constexpr Axis axis(S::dims, operation::LogSoftmax<Dim>::template axis<S::rank>);
    log_softmax(axis, x.data(), y.data());
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
