/// \file
/// Distance functions on the device.
#pragma once

#include <tenon/nn/distance.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Computes the distance of one row: `a` and `b` (rows, columns), `y` (rows).
template <class T, class Operation>
struct PairwiseDistance {
  index_t columns;
  const T *a, *b;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t row) const {
    using norm = Norm<Operation::p>;
    T sum = 0;
    for (index_t i = row * columns; i < (row + 1) * columns; ++i)
      sum += norm::term(shifted_difference<Operation::eps>(a[i], b[i]));
    y[row] = norm::root(sum);
  }
};

/// Returns the gradient of one element of an operand, whose sign in the difference is `sign`: `a` and `b`
/// (rows, columns), `y` and `grad_y` (rows).
template <class T, class Operation>
struct PairwiseDistanceGradient {
  index_t columns;
  T sign;
  const T *a, *b, *y, *grad_y;
  TENON_HOST_DEVICE T operator()(index_t i) const {
    const index_t row = i / columns;
    return sign * grad_y[row] * Norm<Operation::p>::gradient(shifted_difference<Operation::eps>(a[i], b[i]), y[row]);
  }
};

template <double P, double Eps>
struct Kernel<operation::PairwiseDistance<P, Eps>> {
  using Operation = operation::PairwiseDistance<P, Eps>;

  template <class Y, class X>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x1, const X& x2) {
    using S = shape_of_t<X>;
    launch(S::dims[0], PairwiseDistance<typename X::value_type, Operation>{S::dims[1], x1.data(), x2.data(), y.data()});
  }

  template <class Y, class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y& y, const Y& grad_y,
                       const autograd::Input<X>& x1, const autograd::Input<X>& x2) {
    using T = typename X::value_type;
    using S = shape_of_t<X>;
    const auto add = [&](const autograd::Input<X>& x, T sign) {
      tabulate_gradient(x, PairwiseDistanceGradient<T, Operation>{S::dims[1], sign, x1.value.data(), x2.value.data(),
                                                                  y.data(), grad_y.data()});
    };
    add(x1, T(1));
    add(x2, T(-1));
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
