/// \file
/// Arithmetic of two elements, and of an element and numbers, as functors like those of core/pointwise.hpp.
#pragma once

#include "elementary.hpp"

#if defined(__CUDACC__)
// On the host the functors are called with SIMD batches too, whose functions are the host's.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014
#endif

namespace tenon::inline TENON_ISA::pointwise {

// Functors of two operands `a` and `b`. A gradient is a function of the result's gradient; if it takes a second
// argument, also of the other operand; if it takes a third, also of the operand whose gradient it is.

/// a + b
struct Plus {
  using first_gradient = Identity;
  using second_gradient = Identity;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& a, const T& b) const {
    return a + b;
  }
};

/// a - b
struct Minus {
  using first_gradient = Identity;
  using second_gradient = Negate;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& a, const T& b) const {
    return a - b;
  }
};

/// a * b
struct Times {
  using first_gradient = Times;
  using second_gradient = Times;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& a, const T& b) const {
    return a * b;
  }
};

/// The gradient of a / b with respect to b, as a function of the result's gradient, of a and of b.
struct QuotientGradient {
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& g, const T& a, const T& b) const {
    return -(g * elementary::in_order(elementary::in_order(a / b) / b));  // b * b may be too large, or 0
  }
};

/// a / b
struct Quotient {
  using first_gradient = Quotient;
  using second_gradient = QuotientGradient;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& a, const T& b) const {
    return a / b;
  }
};

/// Whether a gradient functor reads the other operand.
template <class Gradient, class T>
inline constexpr bool reads_operand = std::is_invocable_v<Gradient, const T&, const T&>;
/// Whether a gradient functor reads both operands.
template <class Gradient, class T>
inline constexpr bool reads_both_operands = std::is_invocable_v<Gradient, const T&, const T&, const T&>;

/// scale * x + shift, with numbers of type `Number`.
template <class Number>
struct Affine {
  Number scale, shift;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return T(scale) * x + T(shift);
  }
};

/// x / number, rounded once. The gradient is the same function of the result's gradient.
template <class Number>
struct DividedBy {
  Number number;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return x / T(number);
  }
};

/// number / x
template <class Number>
struct Dividing {
  Number number;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return T(number) / x;
  }
};

/// The gradient of number / x, as a function of the result's gradient and of x.
template <class Number>
struct DividingGradient {
  Number number;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& g, const T& x) const {
    return QuotientGradient{}(g, T(number), x);
  }
};

}  // namespace tenon::inline TENON_ISA::pointwise

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
