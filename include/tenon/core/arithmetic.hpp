/// \file
/// Arithmetic of two elements, and of an element and numbers, as functors: what core/pointwise.hpp is to one element.
#pragma once

#include "pointwise.hpp"

#if defined(__CUDACC__)
// On the host the functors are called with SIMD batches too, whose functions are the host's.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014
#endif

namespace tenon::inline TENON_ISA::pointwise {

/// -x
struct Negative {
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return -x;
  }
};

// Of two operands `a` and `b`. A gradient is a function of the result's gradient and, if it takes a second argument, of
// the other operand.

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
  using second_gradient = Negative;
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

/// Whether a gradient functor reads the other operand.
template <class Gradient, class T>
inline constexpr bool reads_operand = std::is_invocable_v<Gradient, const T&, const T&>;

/// scale * x + shift, with numbers of type `Number`.
template <class Number>
struct Affine {
  Number scale, shift;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return T(scale) * x + T(shift);
  }
};

}  // namespace tenon::inline TENON_ISA::pointwise

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
