/// \file
/// Pointwise functions, written once: a functor generic over float, double, xsimd::batch and device floats.
///
/// The same functor is the eager kernel, the epilogue of a conv, linear or pooling stage, the lambda over a lazy tensor
/// expression and the Thrust functor. `operator()(x)` is the value; `gradient(g, saved)` is the gradient with respect to
/// the input, where `saved` is the input or the output, as `saves` declares.
#pragma once

#include <cmath>
#include <string_view>
#include <type_traits>

#include "isa.hpp"

#if defined(__CUDACC__)
// On the host the functors are called with SIMD batches too, whose functions are the host's.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014
#endif

namespace tenon::inline TENON_ISA::pointwise {

enum class Saves { input, output };

/// `condition ? a : b`, per lane where T is a SIMD batch.
template <class Condition, class T>
constexpr T choose(const Condition& condition, const T& a, const T& b) {
  return select(condition, a, b);  // found by argument-dependent lookup in xsimd
}
template <class T>
TENON_HOST_DEVICE constexpr T choose(bool condition, const T& a, const T& b) {
  return condition ? a : b;
}

/// The larger of `bound` and `x`; NaN in `x` stays NaN, as in PyTorch.
template <class T>
constexpr T at_least(const T& bound, const T& x) {
  return max(bound, x);  // x86 returns the second operand if either is NaN
}
template <class T>
  requires std::is_arithmetic_v<T>
TENON_HOST_DEVICE constexpr T at_least(const T& bound, const T& x) {
  return x < bound ? bound : x;
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

/// max(0, x)
struct Relu {
  static constexpr std::string_view name = "ReLU";
  static constexpr Saves saves = Saves::output;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return at_least(T(0), x);
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& y) const {
    return choose(y <= T(0), T(0), g);
  }
};

/// (exp(x) - exp(-x)) / (exp(x) + exp(-x))
struct Tanh {
  static constexpr std::string_view name = "Tanh";
  static constexpr Saves saves = Saves::output;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    using std::tanh;
    return tanh(x);
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& y) const {
    return g * (T(1) - y * y);
  }
};

/// `Second(First(x))`: a chain of pointwise functions is one function.
template <class First, class Second>
struct Compose {
  First first;
  Second second;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return second(first(x));
  }
};

}  // namespace tenon::inline TENON_ISA::pointwise

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
