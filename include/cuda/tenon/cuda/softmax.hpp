/// \file
/// Softmax, Softmin and LogSoftmax on the device.
#pragma once

#include <tenon/core/elementary.hpp>
#include <tenon/nn/softmax.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// An axis of a contiguous tensor, seen as (outer, size, inner), where `size` is the axis.
struct Axis {
  index_t outer = 1, size = 1, inner = 1;

  template <std::size_t Rank>
  constexpr Axis(const std::array<index_t, Rank>& dims, std::size_t axis) : size(dims[axis]) {
    for (std::size_t a = 0; a < axis; ++a) outer *= dims[a];
    for (std::size_t a = axis + 1; a < Rank; ++a) inner *= dims[a];
  }

  /// Returns the offset of the first element of slice `i`; the others follow `inner` apart.
  TENON_HOST_DEVICE index_t slice(index_t i) const { return i / inner * size * inner + i % inner; }
};

/// The number log(sum(exp(x))) = maximum + log_sum. Their sum would lose the digits of the smaller one.
template <class T>
struct LogSumExp {
  T maximum, log_sum;
};
/// Returns the LogSumExp of the `size` elements x[0], x[step], ...
template <class T>
TENON_HOST_DEVICE LogSumExp<T> log_sum_exp(index_t size, index_t step, const T* x) {
  using elementary::exp, elementary::log;
  T largest = x[0], sum = 0;
  for (index_t i = 1; i < size; ++i) largest = x[i * step] > largest ? x[i * step] : largest;
  for (index_t i = 0; i < size; ++i) sum += exp(x[i * step] - largest);
  return {largest, log(sum)};
}

/// Computes one slice of the softmax of Function(x), or of its logarithm, for `x` and `y` (outer, size, inner).
template <class Function, bool Logarithm, class T>
struct Softmax {
  Axis axis;
  const T* x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    using elementary::exp, elementary::log;
    const Function function{};
    const index_t start = axis.slice(i), end = start + axis.size * axis.inner;
    T largest = function(x[start]), sum = 0;
    for (index_t e = start; e < end; e += axis.inner) {
      const T value = function(x[e]);
      largest = value > largest ? value : largest;
    }
    for (index_t e = start; e < end; e += axis.inner) sum += exp(function(x[e]) - largest);
    const T logarithm = log(sum);
    for (index_t e = start; e < end; e += axis.inner) {
      const T value = elementary::in_order(function(x[e]) - largest);
      y[e] = Logarithm ? value - logarithm : exp(value) / sum;
    }
  }
};

/// Computes the gradient of one slice of a Softmax, or adds it with `accumulate`, for `y`, `grad_y` and `grad_x`
/// (outer, size, inner).
template <class Function, bool Logarithm, class T>
struct SoftmaxGradient {
  Axis axis;
  bool accumulate;
  const T *y, *grad_y;
  T* grad_x;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    using elementary::exp;
    const index_t start = axis.slice(i), end = start + axis.size * axis.inner;
    T total = 0;
    for (index_t e = start; e < end; e += axis.inner) total += Logarithm ? grad_y[e] : grad_y[e] * y[e];
    for (index_t e = start; e < end; e += axis.inner) {
      const T inner = Logarithm ? grad_y[e] - exp(y[e]) * total : y[e] * (grad_y[e] - total);
      const T g = Function{}.gradient(inner, inner);
      grad_x[e] = accumulate ? grad_x[e] + g : g;
    }
  }
};

template <class Operation>
  requires operation::AnySoftmax<Operation>
struct Kernel<Operation> {
  using Function = typename Operation::function;
  template <class S>
  static constexpr Axis axis = Axis(S::dims, Operation::template axis<S::rank>);

  /// Computes `y` from `x`, both of shape `S`.
  template <class S, class T>
  static void compute(const T* x, T* y) {
    launch(axis<S>.outer * axis<S>.inner, Softmax<Function, Operation::logarithm, T>{axis<S>, x, y});
  }
  template <class X>
  static void forward(const Operation&, autograd::NothingSaved*, X& y, const X& x) {
    compute<shape_of_t<X>>(x.data(), y.data());
  }
  template <class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const X& y, const X& grad_y,
                       const autograd::Input<X>& x) {
    using T = typename X::value_type;
    constexpr Axis a = axis<shape_of_t<X>>;
    if (x.grad)
      launch(a.outer * a.inner,
             SoftmaxGradient<Function, Operation::logarithm, T>{a, x.accumulate, y.data(), grad_y.data(), x.grad});
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
