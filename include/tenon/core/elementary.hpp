/// \file
/// The elementary functions that kernels call: the standard library's, xsimd's of SIMD batches, tenon's own of vectors
/// of floats (tanh, sigmoid), and replacements of all under -ffast-math (fast_math.hpp).
///
/// The functions are not always_inline: g++ 12 would then call xsimd's functions, which it should inline as well.
#pragma once

#include "fast_math.hpp"

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014, 20015
#endif

namespace tenon::inline TENON_ISA::elementary {

template <class T>
TENON_HOST_DEVICE inline T exp(const T& x) {
  using std::exp;
  if constexpr (fast_math)
    return choose(
        x < full_like(x, detail::exp_from<T>), T(0),
        detail::exp_between(at_least(full_like(x, detail::exp_from<T>), at_most(full_like(x, detail::exp_to<T>), x))));
  else
    return exp(x);
}

/// Returns log(x). With -ffast-math the logarithm of 0, and of numbers too small to have all their digits, is about
/// that of the smallest number there is.
template <class T>
TENON_HOST_DEVICE inline T log(const T& x) {
  using std::log;
  if constexpr (fast_math)
    return choose(x < detail::smallest_like(x), full_like(x, detail::is_float<T> ? -104 : -746),
                  detail::log_of_normal(at_least(detail::smallest_like(x), x)));
  else
    return log(x);
}

namespace detail {
/// Whether 1 + x may be 1.
template <class T>
TENON_HOST_DEVICE auto adds_nothing(const T& x) {
  using std::abs;
  return abs(x) < full_like(x, is_float<T> ? 1.2e-7 : 2.3e-16);
}
/// Returns log(u) * x / d, where u is 1 + x rounded and d = u - 1, so that the rounding of u cancels.
template <class T>
TENON_HOST_DEVICE T log_of_sum(const T& x, const T& u, const T& d) {
  return choose(adds_nothing(x), x, elementary::log(u) * (x / choose(adds_nothing(x), T(1), d)));
}
template <class T>
TENON_HOST_DEVICE T log_of_sum(const T& x, const T& u) {
  return log_of_sum(x, u, in_order(u - T(1)));
}
}  // namespace detail

/// Returns log(1 + x).
template <class T>
TENON_HOST_DEVICE inline T log1p(const T& x) {
  using std::log1p;
  if constexpr (fast_math)
    return detail::log_of_sum(x, in_order(T(1) + x));
  else
    return log1p(x);
}

/// Returns exp(x) - 1.
template <class T>
TENON_HOST_DEVICE inline T expm1(const T& x) {
  using std::abs, std::expm1;
  if constexpr (fast_math)
    return choose(abs(x) < full_like(x, detail::half_log_2), detail::expm1_near_0(bounded(x, detail::half_log_2)),
                  elementary::exp(x) - T(1));
  else
    return expm1(x);
}

namespace detail {
template <class T>
TENON_HOST_DEVICE T tanh_of_expm1(const T& x, const T& e) {
  return choose(x < T(0), -e / (e + T(2)), e / (e + T(2)));
}

/// Returns tanh(x) for |x| <= 9.7, with an error below 5 units in the last place: a quotient of polynomials of least
/// greatest error, whose coefficients are those floats nearby that round best. From 9.1 on it exceeds 1, and is cut.
template <class T>
T tanh_of_square(const T& x, const T& square, const T& fourth_power) {
  return at_least(T(-1), at_most(T(1), T(x *
                                         fused_polynomial(square, fourth_power, 0.665447176f, 0.0890392661f,
                                                          0.00232560933f, 1.37056877e-05f, 8.87489193e-09f) /
                                         fused_polynomial(square, fourth_power, 0.665447176f, 0.310854852f,
                                                          0.017217787f, 0.00021855651f, 5.17002889e-07f))));
}
template <class T>
T tanh_of_square(const T& x, const T& square) {
  return tanh_of_square(x, square, square * square);
}
template <class T>
T tanh_of_bounded(const T& x) {
  return tanh_of_square(x, x * x);
}

template <class T>
TENON_HOST_DEVICE T tanh_of(const T& x) {
  using std::abs, std::tanh;
  if constexpr (fast_math)
    return tanh_of_expm1(x, elementary::expm1(T(2) * abs(bounded(x, 20))));  // from there on it is 1
  else
    return tanh(x);
}
template <FloatVector T>
T tanh_of(const T& x) {
  return tanh_of_bounded(at_least(T(-9.7f), at_most(T(9.7f), x)));
}
}  // namespace detail

/// Returns the hyperbolic tangent.
template <class T>
TENON_HOST_DEVICE inline T tanh(const T& x) {
  return detail::tanh_of(x);
}

namespace detail {
template <class T>
TENON_HOST_DEVICE T sigmoid_of(const T& x) {
  return T(1) / (T(1) + elementary::exp(-x));
}
template <FloatVector T>
T sigmoid_of(const T& x) {
  return T(1) / (T(1) + exp_between(at_least(T(-87), at_most(T(fast_math ? 88 : 89), -x))));
}
}  // namespace detail

/// Returns 1 / (1 + exp(-x)).
template <class T>
TENON_HOST_DEVICE inline T sigmoid(const T& x) {
  return detail::sigmoid_of(x);
}

namespace detail {
template <class T>
T erfc_of_lanes(const T& x) {
  alignas(T) typename T::value_type lane[T::size];
  x.store_aligned(lane);
  for (auto& element : lane) element = std::erfc(element);
  return T::load_aligned(lane);
}
// Overloads, since nvcc takes SIMD types in neither branch of an `if constexpr` that asks for T.
template <class T>
  requires std::is_arithmetic_v<T>
TENON_HOST_DEVICE T erfc_of_lanes(const T& x) {
  return std::erfc(x);
}
template <class T>
T pow_of_lanes(const T& x, double exponent) {
  const T magnitude =
      choose(abs(x) < smallest_like(x), T(0), elementary::exp(full_like(x, exponent) * elementary::log(abs(x))));
  const double rest = std::abs(std::fmod(exponent, 2));
  return rest >= 1 && rest <= 1 ? choose(x < T(0), -magnitude, magnitude) : magnitude;
}
template <class T>
  requires std::is_arithmetic_v<T>
TENON_HOST_DEVICE T pow_of_lanes(const T& x, double exponent) {
  return std::pow(x, static_cast<T>(exponent));
}
}  // namespace detail

/// Returns 1 - erf(x).
template <class T>
TENON_HOST_DEVICE inline T erfc(const T& x) {
  using std::erfc;
  if constexpr (fast_math)
    return detail::erfc_of_lanes(x);
  else
    return erfc(x);
}

/// Returns x to the power of `exponent`.
template <class T>
TENON_HOST_DEVICE inline T pow(const T& x, double exponent) {
  using std::pow;
  if constexpr (fast_math)
    return detail::pow_of_lanes(x, exponent);
  else
    return pow(x, full_like(x, exponent));
}

/// Returns the square root; with -ffast-math 0 for numbers too small to have all their digits.
template <class T>
TENON_HOST_DEVICE TENON_ALWAYS_INLINE inline T sqrt(const T& x) {
  using std::sqrt;
  if constexpr (fast_math)
    return choose(x < detail::smallest_like(x), T(0), sqrt(at_least(detail::smallest_like(x), x)));
  else
    return sqrt(x);
}

}  // namespace tenon::inline TENON_ISA::elementary

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
