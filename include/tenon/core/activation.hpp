/// \file
/// The activation functions of torch.nn, as pointwise functors. Kinks have the gradient that PyTorch gives them.
#pragma once

#include <cmath>
#include <type_traits>

#include "elementary.hpp"

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014, 20015
#endif

namespace tenon::inline TENON_ISA::pointwise {

// ---- piecewise linear

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

/// min(max(Min, x), Max)
template <double Min, double Max>
struct Hardtanh {
  static constexpr std::string_view name = "Hardtanh";
  static constexpr Saves saves = Saves::output;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return at_most(full_like(x, Max), at_least(full_like(x, Min), x));
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& y) const {
    return choose(y <= full_like(y, Min) || y >= full_like(y, Max), T(0), g);
  }
};

/// min(max(0, x), 6)
struct Relu6 : Hardtanh<0.0, 6.0> {
  static constexpr std::string_view name = "ReLU6";
};

/// x where it is positive, else NegativeSlope * x
template <double NegativeSlope>
struct LeakyRelu {
  static constexpr std::string_view name = "LeakyReLU";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return choose(x > T(0), x, full_like(x, NegativeSlope) * x);
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& x) const {
    return choose(x > T(0), g, full_like(x, NegativeSlope) * g);
  }
};

/// x where it is above Limit, else Value
template <double Limit, double Value>
struct Threshold {
  static constexpr std::string_view name = "Threshold";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return choose(x <= full_like(x, Limit), full_like(x, Value), x);
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& x) const {
    return choose(x <= full_like(x, Limit), T(0), g);
  }
};

/// x moved towards 0 by Lambda, 0 where it is nearer than that
template <double Lambda>
struct Softshrink {
  static constexpr std::string_view name = "Softshrink";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return choose(near_0(x), T(0), choose(x > T(0), x - full_like(x, Lambda), x + full_like(x, Lambda)));
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& x) const {
    return choose(near_0(x), T(0), g);
  }

 private:
  template <class T>
  TENON_HOST_DEVICE static constexpr auto near_0(const T& x) {
    return x >= full_like(x, -Lambda) && x <= full_like(x, Lambda);
  }
};

/// min(max(0, x + 3), 6) / 6
struct Hardsigmoid {
  static constexpr std::string_view name = "Hardsigmoid";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return at_most(T(6), at_least(T(0), x + T(3))) / T(6);
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& x) const {
    return choose(x > T(-3) && x < T(3), g / T(6), T(0));
  }
};

/// x * hardsigmoid(x)
struct Hardswish {
  static constexpr std::string_view name = "Hardswish";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE constexpr T operator()(const T& x) const {
    return x * Hardsigmoid{}(x);
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& x) const {
    return choose(x < T(-3), T(0), choose(x <= T(3), g * (x / T(3) + full_like(x, 0.5)), g));
  }
};

// ---- of the exponential function

/// 1 / (1 + exp(-x))
struct Sigmoid {
  static constexpr std::string_view name = "Sigmoid";
  static constexpr Saves saves = Saves::output;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return elementary::sigmoid(x);
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& y) const {
    return g * (T(1) - y) * y;
  }
};

/// (exp(x) - exp(-x)) / (exp(x) + exp(-x))
struct Tanh {
  static constexpr std::string_view name = "Tanh";
  static constexpr Saves saves = Saves::output;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return elementary::tanh(x);
  }
  template <class T>
  TENON_HOST_DEVICE constexpr T gradient(const T& g, const T& y) const {
    return g * (T(1) - y * y);
  }
};

/// x - tanh(x)
struct Tanhshrink {
  static constexpr std::string_view name = "Tanhshrink";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return x - Tanh{}(x);
  }
  template <class T>
  TENON_HOST_DEVICE T gradient(const T& g, const T& x) const {
    return g * square(Tanh{}(x));
  }
};

/// x where it is positive, else Alpha * (exp(x) - 1)
template <double Alpha>
struct Elu {
  static constexpr std::string_view name = "ELU";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return choose(x > T(0), x, full_like(x, Alpha) * elementary::expm1(x));
  }
  template <class T>
  TENON_HOST_DEVICE T gradient(const T& g, const T& x) const {
    return choose(x > T(0), g, g * elementary::in_order(full_like(x, Alpha) * elementary::exp(x)));
  }
};

/// Returns log(1 + exp(-|x|)), which logarithms of sigmoids share; exp of a number that is not positive cannot
/// overflow.
template <class T>
TENON_HOST_DEVICE T log_of_one_plus_exp(const T& x) {
  using std::abs;
  return elementary::log1p(elementary::exp(-abs(x)));
}

/// log(1 / (1 + exp(-x)))
struct LogSigmoid {
  static constexpr std::string_view name = "LogSigmoid";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return at_most(T(0), x) - log_of_one_plus_exp(x);
  }
  template <class T>
  TENON_HOST_DEVICE T gradient(const T& g, const T& x) const {
    return g * Sigmoid{}(-x);
  }
};

/// log(1 + exp(Beta * x)) / Beta; x where Beta * x is above Limit
template <double Beta, double Limit>
struct Softplus {
  static constexpr std::string_view name = "Softplus";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return choose(scaled(x) > full_like(x, Limit), x, -LogSigmoid{}(-scaled(x)) / full_like(x, Beta));
  }
  template <class T>
  TENON_HOST_DEVICE T gradient(const T& g, const T& x) const {
    return choose(scaled(x) > full_like(x, Limit), g, g * Sigmoid{}(scaled(x)));
  }

 private:
  template <class T>
  TENON_HOST_DEVICE static T scaled(const T& x) {
    return full_like(x, Beta) * x;
  }
};

/// x / (1 + |x|)
struct Softsign {
  static constexpr std::string_view name = "Softsign";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return quotient(elementary::bounded(x, 1e18));
  }
  template <class T>
  TENON_HOST_DEVICE T gradient(const T& g, const T& x) const {
    return by_square(g, reciprocal(elementary::bounded(x, 1e36)));
  }

 private:
  template <class T>
  TENON_HOST_DEVICE static T quotient(const T& x) {
    using std::abs;
    return x / (T(1) + abs(x));
  }
  template <class T>
  TENON_HOST_DEVICE static T reciprocal(const T& x) {
    using std::abs;
    return T(1) / (T(1) + abs(x));
  }
  /// Returns g * r^2, where r^2 alone may be too small, and its reciprocal too large, for a T.
  template <class T>
  TENON_HOST_DEVICE static T by_square(const T& g, const T& r) {
    return elementary::in_order(g * r) * r;
  }
};

/// x * sigmoid(x)
struct Silu {
  static constexpr std::string_view name = "SiLU";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return elementary::bounded_below(x, -100) / (T(1) + elementary::exp(-x));
  }
  template <class T>
  TENON_HOST_DEVICE T gradient(const T& g, const T& x) const {
    return g * slope(Sigmoid{}(x), elementary::bounded(x, 100));
  }

 private:
  template <class T>
  TENON_HOST_DEVICE static T slope(const T& sigmoid, const T& x) {
    return sigmoid * (T(1) + x * (T(1) - sigmoid));
  }
};

/// x * tanh(log(1 + exp(x)))
struct Mish {
  static constexpr std::string_view name = "Mish";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return x * tanh_of_log(grown(x));
  }
  template <class T>
  TENON_HOST_DEVICE T gradient(const T& g, const T& x) const {
    return g * slope(grown(x), elementary::bounded_below(at_most(full_like(x, 100), x), -100));
  }

 private:
  /// Returns exp(x), or exp(40) for a larger x, where the quotients below are 1.
  template <class T>
  TENON_HOST_DEVICE static T grown(const T& x) {
    return elementary::exp(at_most(full_like(x, 40), x));
  }
  /// Returns tanh(log(1 + e)), as (e^2 + 2e) / (e^2 + 2e + 2); x times the dividend alone could be infinite.
  template <class T>
  TENON_HOST_DEVICE static T tanh_of_log(const T& e) {
    return elementary::in_order(e * (e + T(2)) / divisor(e));
  }
  template <class T>
  TENON_HOST_DEVICE static T divisor(const T& e) {
    return e * (e + T(2)) + T(2);
  }
  template <class T>
  TENON_HOST_DEVICE static T slope(const T& e, const T& x) {
    return tanh_of_log(e) + x * (e / divisor(e)) * (T(4) * (T(1) + e) / divisor(e));
  }
};

/// x times the probability of a value below x in the normal distribution
struct Gelu {
  static constexpr std::string_view name = "GELU";
  static constexpr Saves saves = Saves::input;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x) const {
    return x * below(x, bell(x));
  }
  template <class T>
  TENON_HOST_DEVICE T gradient(const T& g, const T& x) const {
    return g * slope(x, bell(x));
  }

 private:
  // Each step is a function of its own: nvcc takes no local variables of SIMD types in functions that are also for
  // devices.
  template <class T>
  TENON_HOST_DEVICE static T bell(const T& x) {
    return elementary::exp(full_like(x, -0.5) * x * x);
  }
  template <class T>
  TENON_HOST_DEVICE static T slope(const T& x, const T& bell) {
    constexpr double density_at_0 = 0.398942280401432677939946;  // 1 / sqrt(2 pi)
    return below(x, bell) + x * full_like(x, density_at_0) * bell;
  }
  /// Returns the probability of a value below `x`.
  template <class T>
  TENON_HOST_DEVICE static T below(const T& x, const T&) {
    constexpr double sqrt_half = 0.707106781186547524400844;
    return full_like(x, 0.5) * complement(-x * full_like(x, sqrt_half));
  }
  /// Returns erfc(x). It is 0 or 2 beyond the bounds, where xsimd's squares of large numbers would overflow.
  template <class T>
  TENON_HOST_DEVICE static T complement(const T& x) {
    return elementary::erfc(at_least(full_like(x, -30), at_most(full_like(x, 30), x)));
  }
  /// Returns the probability of a value below `x`, in float, without erfc, which takes twice the time: it computes one
  /// interval after the other.
  template <class T>
    requires std::is_same_v<typename Element<T>::type, float>
  TENON_HOST_DEVICE static T below(const T& x, const T& bell) {
    using std::abs;
    return on_side_of(x, beyond(T(1) / (T(1) + full_like(x, 0.35) * abs(x)), bell));
  }
  /// Returns the probability of a value beyond |x|, where t = 1 / (1 + 0.35 |x|): a minimax fit whose relative error is
  /// 3.2e-8 for |x| < 14.
  template <class T>
  TENON_HOST_DEVICE static T beyond(const T& t, const T& bell) {
    return bell * t *
           polynomial(t, 0.139621403, 0.139861899, 0.119832668, 0.105508755, -0.0231115200, 0.159176482, -0.255716182,
                      0.143972582, -0.0291461025);
  }
  template <class T>
  TENON_HOST_DEVICE static T on_side_of(const T& x, const T& beyond) {
    return choose(x < T(0), beyond, T(1) - beyond);
  }
};

}  // namespace tenon::inline TENON_ISA::pointwise

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
