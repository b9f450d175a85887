/// \file
/// Replacements of the libraries' functions under -ffast-math.
///
/// With the flag a compiler may assume that nothing is infinite or NaN and that sums may be added in any order. Then
/// xsimd's log1p and expm1 lose the digits that they exist for, its exp and log, which choose between a result and
/// infinity, may give anything (clang), and a quotient by an infinite exp() is NaN (g++, which estimates reciprocals).
/// So with the flag the functions keep to finite numbers, and `in_order` marks the sums whose order matters. Without it
/// each function is the library's own, or does not need the flag (tanh and sigmoid of vectors of floats).
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include "pointwise.hpp"

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014, 20015
#endif

namespace tenon::inline TENON_ISA::elementary {

using pointwise::at_least, pointwise::at_most, pointwise::choose, pointwise::full_like, pointwise::polynomial;

/// Whether the compiler may change what a sum, a comparison or a quotient gives.
#if TENON_FAST_MATH && !defined(__CUDA_ARCH__)
inline constexpr bool fast_math = true;
#else
inline constexpr bool fast_math = false;
#endif

namespace detail {
template <class T>
inline constexpr bool is_float = std::is_same_v<typename pointwise::Element<T>::type, float>;

#if defined(__AVX512F__)
#define TENON_VECTOR_REGISTER "+v"
#elif defined(__SSE2__)
#define TENON_VECTOR_REGISTER "+x"
#elif defined(__aarch64__)
#define TENON_VECTOR_REGISTER "+w"
#else
#define TENON_VECTOR_REGISTER "+m"
#endif
template <class Register>
TENON_ALWAYS_INLINE inline void hide(Register& x) {
  if constexpr (std::is_class_v<Register> && requires { x.data; })
    hide(x.data);
  else if constexpr (std::is_class_v<Register> || std::is_array_v<Register>)
    asm("" : "+m"(x));  // a batch without registers of its own
  else
    asm("" : TENON_VECTOR_REGISTER(x));
}
#undef TENON_VECTOR_REGISTER
}  // namespace detail

/// Returns `x`, and hides from the compiler how it was computed: `in_order(a - b) - c` does not become a - (b + c).
template <class T>
TENON_HOST_DEVICE TENON_ALWAYS_INLINE inline T in_order(T x) {
  if constexpr (fast_math) detail::hide(x);
  return x;
}

/// Returns `x`; with -ffast-math the nearest number in [-bound, bound]. It is for functions that are constant or zero
/// outside, where products with the largest numbers and quotients by them would be wrong.
template <class T>
TENON_HOST_DEVICE TENON_ALWAYS_INLINE inline T bounded(const T& x, double bound) {
  if constexpr (fast_math)
    return at_least(full_like(x, -bound), at_most(full_like(x, bound), x));
  else
    return x;
}

/// Returns `x`; with -ffast-math at least `bound`.
template <class T>
TENON_HOST_DEVICE TENON_ALWAYS_INLINE inline T bounded_below(const T& x, double bound) {
  if constexpr (fast_math)
    return at_least(full_like(x, bound), x);
  else
    return x;
}

/// The number that a maximum begins with: -infinity; with -ffast-math the lowest number.
template <class T>
inline constexpr T lowest = [] {
  if constexpr (fast_math)
    return std::numeric_limits<T>::lowest();
  else
    return -std::numeric_limits<T>::infinity();
}();

// ---- replacements of the libraries' functions under -ffast-math; nvcc takes no local variables of SIMD types here

namespace detail {

/// Returns the smallest number that has all its digits. Smaller ones may count as 0.
template <class T>
TENON_HOST_DEVICE T smallest_like(const T& x) {
  if constexpr (is_float<T>)
    return full_like(x, (std::numeric_limits<float>::min)());
  else
    return full_like(x, (std::numeric_limits<double>::min)());
}

/// The bounds between which exp(x) is computed; below it counts as 0, above as exp(exp_to).
template <class T>
inline constexpr double exp_from = is_float<T> ? -87 : -708;
template <class T>
inline constexpr double exp_to = is_float<T> ? 88 : 709;

/// Vectors of floats, of which some functions are tenon's own without the flag as well.
template <class T> concept FloatVector = is_float<T> && !std::is_arithmetic_v<T>;

/// `pointwise::polynomial` by fused multiply-adds, in pairs that do not wait for one another (Estrin's scheme):
/// `square` is x * x.
template <class T>
T fused_polynomial(const T&, const T&, float constant) {
  return T(constant);
}
template <class T, class... Coefficients>
T fused_polynomial(const T& x, const T& square, float constant, float first, Coefficients... more) {
  if constexpr (sizeof...(more) == 0)
    return fma(x, T(first), T(constant));
  else
    return fma(square, fused_polynomial(x, square, more...), fma(x, T(first), T(constant)));
}
template <class T, class... Coefficients>
T fused_polynomial(const T& x, Coefficients... coefficients) {
  return fused_polynomial(x, T(x * x), coefficients...);
}

/// Returns exp(x) - 1 for |x| <= log(2) / 2, by its series.
template <class T>
TENON_HOST_DEVICE T expm1_near_0(const T& x) {
  if constexpr (is_float<T>)
    return x * polynomial(x, 1, 1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040);
  else
    return x * polynomial(x, 1, 1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040, 1. / 40320, 1. / 362880,
                          1. / 3628800, 1. / 39916800, 1. / 479001600, 1. / 6227020800, 1. / 87178291200);
}

/// The same with coefficients of least greatest error: exp(x) is within one unit in the last place.
template <FloatVector T>
T expm1_near_0(const T& x) {
  return fma(x * x,
             fused_polynomial(x, 0.5f, 1.6666665459e-1f, 4.1665795894e-2f, 8.3334519073e-3f, 1.3981999507e-3f,
                              1.9875691500e-4f),
             x);
}

inline constexpr double log_2 = 0.693147180559945309417, half_log_2 = log_2 / 2;

/// Returns x - k log(2), with log(2) in two parts, the first of so few digits that its product with k is exact.
template <class T>
T without_powers(const T& x, const T& k) {
  constexpr double high = is_float<T> ? 0.693359375 : 0.693147180369123816490;
  return in_order(x - in_order(k * full_like(x, high))) - k * full_like(x, log_2 - high);
}
template <class T>
T times_power(const T& x, const T& k) {
  return ldexp(x, to_int(k));
}
template <class T>
T exp_between(const T& x, const T& k) {
  return times_power(T(1) + expm1_near_0(without_powers(x, k)), k);
}
/// Returns x rounded to a whole number, for |x| < 2^20, by adding so large a number that no digits are left behind the
/// point.
template <class T>
T rounded(const T& x) {
  constexpr double large = is_float<T> ? 0x1.8p23 : 0x1.8p52;
  return in_order(x + full_like(x, large)) - full_like(x, large);
}
/// Returns exp(x) for exp_from <= x <= exp_to; of floats from 88.4 on infinity, where the flag is not given.
template <class T>
T exp_between(const T& x) {
  return exp_between(x, in_order(rounded(x * full_like(x, 1 / log_2))));
}
template <class T>
  requires std::is_arithmetic_v<T>
TENON_HOST_DEVICE T exp_between(const T& x) {
  return std::exp(x);
}

/// Returns log((1 + s) / (1 - s)) by its series, for |s| < 0.172.
template <class T>
TENON_HOST_DEVICE T log_of_quotient(const T& s, const T& square) {
  if constexpr (is_float<T>)
    return s * polynomial(square, 2, 2. / 3, 2. / 5, 2. / 7, 2. / 9);
  else
    return s *
           polynomial(square, 2, 2. / 3, 2. / 5, 2. / 7, 2. / 9, 2. / 11, 2. / 13, 2. / 15, 2. / 17, 2. / 19, 2. / 21);
}
template <class T>
T log_of_quotient(const T& s) {
  return log_of_quotient(s, s * s);
}
/// Returns whole numbers as a T. Numbers of 64 bits are converted one by one, since xsimd's conversion has sums whose
/// order matters.
template <class T, class Integers>
T converted(const Integers& integers) {
  if constexpr (is_float<T>) {
    return to_float(integers);
  } else {
    alignas(T) typename Integers::value_type integer[T::size];
    alignas(T) typename T::value_type number[T::size];
    integers.store_aligned(integer);
    for (std::size_t lane = 0; lane < T::size; ++lane)
      number[lane] = static_cast<typename T::value_type>(integer[lane]);
    return T::load_aligned(number);
  }
}
/// Returns log(x) of a normal number.
template <class T>
T log_of_normal(const T& x) {
  decltype(to_int(x)) exponent;
  const T fraction = frexp(x, exponent);  // in [1/2, 1)
  const auto is_small = fraction < full_like(x, 0.707106781186547524400844);
  const T f = choose(is_small, fraction + fraction, fraction) - T(1);
  const T powers = converted<T>(exponent) - choose(is_small, T(1), T(0));
  return powers * full_like(x, log_2) + log_of_quotient(f / (T(2) + f));
}
template <class T>
  requires std::is_arithmetic_v<T>
TENON_HOST_DEVICE T log_of_normal(const T& x) {
  return std::log(x);
}
}  // namespace detail

}  // namespace tenon::inline TENON_ISA::elementary

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
