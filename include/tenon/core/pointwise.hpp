/// \file
/// Pointwise functions, written once: a functor generic over float, double, xsimd::batch and device floats. The
/// activations are in core/activation.hpp.
///
/// The same functor is the eager kernel, the epilogue of a conv, linear or pooling stage, the lambda over a lazy tensor
/// expression and the Thrust functor. `operator()(x)` is the value; `gradient(g, saved)` is the gradient with respect
/// to the input, where `saved` is the input or the output, as `saves` declares.
#pragma once

#include <string_view>
#include <type_traits>

#include "isa.hpp"

#if defined(__CUDACC__)
// On the host the functors are called with SIMD batches too, whose functions are the host's.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014, 20015
#endif

// max and min are macros of Windows, found before any function.
#include "undefine_macros.hpp"

namespace tenon::inline TENON_ISA::pointwise {

enum class Saves { input, output };

/// Returns `condition ? a : b`, per lane where T is a SIMD batch.
template <class Condition, class T>
constexpr T choose(const Condition& condition, const T& a, const T& b) {
  return select(condition, a, b);  // found by argument-dependent lookup in xsimd
}
template <class T>
TENON_HOST_DEVICE constexpr T choose(bool condition, const T& a, const T& b) {
  return condition ? a : b;
}

/// Returns the larger of `bound` and `x`; NaN in `x` stays NaN, as in PyTorch.
template <class T>
constexpr T at_least(const T& bound, const T& x) {
  return max(bound, x);  // x86 returns the second operand if either is NaN
}
template <class T>
  requires std::is_arithmetic_v<T>
TENON_HOST_DEVICE constexpr T at_least(const T& bound, const T& x) {
  return x < bound ? bound : x;
}

/// Returns the smaller of `bound` and `x`; NaN in `x` stays NaN.
template <class T>
constexpr T at_most(const T& bound, const T& x) {
  return min(bound, x);
}
template <class T>
  requires std::is_arithmetic_v<T>
TENON_HOST_DEVICE constexpr T at_most(const T& bound, const T& x) {
  return x > bound ? bound : x;
}

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wfloat-equal"
#endif
/// Returns whether `a` is exactly `b`, per lane where T is a SIMD batch. It is `==` without the warning that compilers
/// give between floats.
template <class T>
TENON_HOST_DEVICE TENON_ALWAYS_INLINE constexpr auto equal(const T& a, const T& b) {
  return a == b;
}
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

template <class T>
TENON_HOST_DEVICE constexpr T square(const T& x) {
  return x * x;
}

/// Returns `value` in every lane of a T. (nvcc takes no SIMD type as an explicit template argument in functions that
/// are also for devices.)
template <class T>
constexpr T full_like(const T&, double value) {
  return T(static_cast<typename T::value_type>(value));
}
template <class T>
  requires std::is_arithmetic_v<T>
TENON_HOST_DEVICE constexpr T full_like(const T&, double value) {
  return static_cast<T>(value);
}

/// The type of a lane of T; T itself where it is a number.
template <class T>
struct Element {
  using type = T;
};
template <class T>
  requires(!std::is_arithmetic_v<T>) && requires { typename T::value_type; }
struct Element<T> {
  using type = typename T::value_type;
};

/// Returns constant + x * (first + x * (second + ...)), by Horner's rule.
template <class T>
TENON_HOST_DEVICE constexpr T polynomial(const T& x, double constant) {
  return full_like(x, constant);
}
template <class T, class... Coefficients>
TENON_HOST_DEVICE constexpr T polynomial(const T& x, double constant, double first, Coefficients... more) {
  return full_like(x, constant) + x * polynomial(x, first, more...);
}

struct Identity {
  static constexpr std::string_view name = "Identity";
  static constexpr Saves saves = Saves::output;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return x;
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T&) const {
    return g;
  }
};

struct Negate {
  static constexpr std::string_view name = "Negate";
  static constexpr Saves saves = Saves::output;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return -x;
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T&) const {
    return -g;
  }
};

/// The function second(first(x...)).
template <class First, class Second>
struct Compose {
  First first;
  Second second;
  template <class... T>
  TENON_HOST_DEVICE constexpr auto operator()(const T&... x) const {
    return second(first(x...));
  }
};

/// The gradient of a function, as a functor of two elements: the gradient of the result, and the input or output that
/// the function saves.
template <class Function>
struct GradientOf {
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& gradient, const T& saved) const {
    return Function{}.gradient(gradient, saved);
  }
};

}  // namespace tenon::inline TENON_ISA::pointwise

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif

#include "restore_macros.hpp"
