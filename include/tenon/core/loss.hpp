/// \file
/// The terms that losses sum up, written once for the CPU and for devices: terms of elements, generic over SIMD batches
/// as pointwise functions are, and terms of rows.
#pragma once

#include <cmath>
#include <cstdint>

#include "activation.hpp"
#include "geometry.hpp"

#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014, 20015
#endif

namespace tenon::inline TENON_ISA::loss {

using pointwise::at_least, pointwise::at_most, pointwise::choose, pointwise::full_like;

// ---- terms of elements: `operator()(x, target)`, and `gradient<I>` with respect to operand I

/// A term of the difference x - target, from the `value` and the `slope` of `Function`.
template <class Function>
struct OfDifference {
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x, const T& target) const {
    return Function::value(x - target);
  }
  template <int Operand, class T>
  TENON_HOST_DEVICE T gradient(const T& x, const T& target) const {
    if constexpr (Operand == 0)
      return Function::slope(x - target);
    else
      return -Function::slope(x - target);
  }
};

struct Absolute {
  template <class T>
  TENON_HOST_DEVICE static T value(const T& d) {
    using std::abs;
    return abs(d);
  }
  template <class T>
  TENON_HOST_DEVICE static T slope(const T& d) {
    return choose(d > T(0), T(1), choose(d < T(0), T(-1), T(0)));
  }
};
struct Square {
  template <class T>
  TENON_HOST_DEVICE static T value(const T& d) {
    return d * d;
  }
  template <class T>
  TENON_HOST_DEVICE static T slope(const T& d) {
    return d + d;
  }
};
/// d^2 / 2 near 0, |d| - 1/2 from 1 on
struct SmoothAbsolute {
  template <class T>
  TENON_HOST_DEVICE static T value(const T& d) {
    using std::abs;
    return choose(abs(d) < T(1), full_like(d, 0.5) * d * d, abs(d) - full_like(d, 0.5));
  }
  template <class T>
  TENON_HOST_DEVICE static T slope(const T& d) {
    return at_most(T(1), at_least(T(-1), d));
  }
};

/// target * (log(target) - x), 0 where the target is 0
struct KullbackLeibler {
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x, const T& target) const {
    return choose(target == T(0), T(0), target * (elementary::log(target) - x));
  }
  template <int Operand, class T>
  TENON_HOST_DEVICE T gradient(const T& x, const T& target) const {
    if constexpr (Operand == 0)
      return -target;
    else
      return choose(target == T(0), T(0), elementary::log(target) + T(1) - x);
  }
};

/// -(target * log(x) + (1 - target) * log(1 - x)), where logarithms are at least -100
struct BinaryCrossEntropy {
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x, const T& target) const {
    return (target - T(1)) * bounded_log_of_rest(x) - target * bounded_log(x);
  }
  template <int Operand, class T>
  TENON_HOST_DEVICE T gradient(const T& x, const T& target) const {
    if constexpr (Operand == 0)
      return (x - target) / at_least(full_like(x, 1e-12), (T(1) - x) * x);
    else
      return bounded_log_of_rest(x) - bounded_log(x);
  }

 private:
  template <class T>
  TENON_HOST_DEVICE static T bounded_log(const T& x) {
    return at_least(T(-100), elementary::log(x));
  }
  /// Returns log(1 - x), at least -100; keeps the digits of a small x.
  template <class T>
  TENON_HOST_DEVICE static T bounded_log_of_rest(const T& x) {
    return at_least(T(-100), elementary::log1p(-x));
  }
};

/// The BinaryCrossEntropy of sigmoid(x), without overflow: log(1 + exp(-|x|)), plus x * (1 - target) where x is
/// positive and -x * target elsewhere. The second term is 0 where x is right, so the logarithm keeps its digits.
struct BinaryCrossEntropyOfLogits {
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x, const T& target) const {
    return choose(x > T(0), x * (T(1) - target), -x * target) + pointwise::log_of_one_plus_exp(x);
  }
  template <int Operand, class T>
  TENON_HOST_DEVICE T gradient(const T& x, const T& target) const {
    if constexpr (Operand == 0)
      return pointwise::Sigmoid{}(x)-target;
    else
      return -x;
  }
};

/// log(1 + exp(-target * x))
struct SoftMargin {
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x, const T& target) const {
    return -pointwise::LogSigmoid{}(target * x);
  }
  template <int Operand, class T>
  TENON_HOST_DEVICE T gradient(const T& x, const T& target) const {
    if constexpr (Operand == 0)
      return -target * pointwise::Sigmoid{}(-target * x);
    else
      return -x * pointwise::Sigmoid{}(-target * x);
  }
};

/// x where the target is 1, max(0, Margin - x) where it is -1, their sum elsewhere. The target, a label, has no
/// gradient.
template <double Margin>
struct HingeEmbedding {
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& x, const T& target) const {
    return choose(target == T(1), T(0), at_least(T(0), full_like(x, Margin) - x)) + choose(target == T(-1), T(0), x);
  }
  template <int Operand, class T>
  TENON_HOST_DEVICE T gradient(const T& x, const T& target) const {
    if constexpr (Operand == 0)
      return choose(target == T(1) || x > full_like(x, Margin), T(0), T(-1)) + choose(target == T(-1), T(0), T(1));
    else
      return T(0);
  }
};

/// max(0, -target * (first - second) + Margin)
template <double Margin>
struct MarginRanking {
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& first, const T& second, const T& target) const {
    return at_least(T(0), ranking(first, second, target));
  }
  template <int Operand, class T>
  TENON_HOST_DEVICE T gradient(const T& first, const T& second, const T& target) const {
    return choose(ranking(first, second, target) < T(0), T(0), slope<Operand>(first, second, target));
  }

 private:
  template <class T>
  TENON_HOST_DEVICE static T ranking(const T& first, const T& second, const T& target) {
    return full_like(first, Margin) - target * (first - second);
  }
  template <int Operand, class T>
  TENON_HOST_DEVICE static T slope(const T& first, const T& second, const T& target) {
    if constexpr (Operand == 0)
      return -target;
    else if constexpr (Operand == 1)
      return target;
    else
      return second - first;
  }
};

/// A term times a weight, which is the first operand; `gradient<I>` counts the operands behind it.
template <class Term>
struct Weighted {
  template <class T, class... X>
  TENON_HOST_DEVICE T operator()(const T& weight, const X&... x) const {
    return weight * Term{}(x...);
  }
  template <int Operand, class T, class... X>
  TENON_HOST_DEVICE T gradient(const T& weight, const X&... x) const {
    return weight * Term{}.template gradient<Operand>(x...);
  }
};

/// The gradient of a term with respect to operand `Operand`, times a number.
template <class Term, int Operand, class Scale>
struct ScaledGradient {
  Scale scale;
  template <class T, class... X>
  TENON_HOST_DEVICE T operator()(const T& first, const X&... x) const {
    return T(scale) * Term{}.template gradient<Operand>(first, x...);
  }
};

// ---- terms of rows

/// max(0, excess)^Power, where the excess of MultiMarginLoss is Margin - x[y] + x[i] for a target y and another class
/// i. It is 0 for NaN, as in PyTorch.
template <int Power>
struct MultiMargin {
  template <class T>
  TENON_HOST_DEVICE static T value(const T& excess) {
    return choose(excess > T(0), Power == 1 ? excess : excess * excess, T(0));
  }
  template <class T>
  TENON_HOST_DEVICE static T slope(const T& excess) {
    return choose(excess > T(0), Power == 1 ? T(1) : excess + excess, T(0));
  }
};

/// The sum of max(0, 1 - x[y] + x[i]) over the targets y and the classes i that are no targets, divided by the number
/// of classes. `operator()(row)` returns it; `add_gradient(row, scale)` adds its gradient to `grad_x`.
template <class T>
struct MultiLabelMarginRow {
  index_t classes;
  const T* x;                  // (N, classes)
  const std::int64_t* target;  // (N, classes): -1 ends the targets of a row
  T* grad_x;                   // (N, classes); null for forward

  TENON_HOST_DEVICE double operator()(index_t row) const {
    double sum = 0;
    for_each_excess(row, [&](index_t, index_t, double z) { sum += z; });
    return sum / static_cast<double>(classes);
  }
  TENON_HOST_DEVICE void add_gradient(index_t row, double scale) const {
    const T g = static_cast<T>(scale / static_cast<double>(classes));
    T* grad = grad_x + row * classes;
    for_each_excess(row, [&](index_t y, index_t i, double) {
      grad[y] -= g;
      grad[i] += g;
    });
  }

 private:
  /// Calls f(target, class, excess) for each excess of a row that is positive.
  template <class F>
  TENON_HOST_DEVICE void for_each_excess(index_t row, F&& f) const {
    const T* scores = x + row * classes;
    const std::int64_t* targets = target + row * classes;
    for (index_t t = 0; t < classes && targets[t] >= 0; ++t)
      for (index_t i = 0; i < classes; ++i) {
        const double z = 1 - static_cast<double>(scores[targets[t]]) + static_cast<double>(scores[i]);
        if (z > 0 && !is_target(targets, i)) f(targets[t], i, z);
      }
  }
  /// Returns whether class `i` is among `targets` (classes), which -1 ends.
  TENON_HOST_DEVICE bool is_target(const std::int64_t* targets, index_t i) const {
    for (index_t t = 0; t < classes && targets[t] >= 0; ++t)
      if (targets[t] == i) return true;
    return false;
  }
};

/// 1 - cos(first, second) where the target is 1, max(0, cos(first, second) - margin) where it is -1, 0 elsewhere:
/// computed from the products of the two rows with each other (`both`) and with themselves.
struct CosineEmbedding {
  static constexpr double eps = 1e-12;  // added to the squared norms
  double both, first_squared, second_squared;

  TENON_HOST_DEVICE CosineEmbedding(double both_, double first, double second)
      : both(both_), first_squared(first + eps), second_squared(second + eps) {}

  TENON_HOST_DEVICE double cosine() const { return both / std::sqrt(first_squared * second_squared); }
  template <class Label>
  TENON_HOST_DEVICE double value(Label target, double margin) const {
    if (target == Label(1)) return 1 - cosine();
    if (target == Label(-1)) return cosine() <= margin ? 0 : cosine() - margin;
    return 0;
  }
  template <class Label>
  TENON_HOST_DEVICE double slope(Label target, double margin) const {
    if (target == Label(1)) return -1;
    return target == Label(-1) && cosine() >= margin ? 1 : 0;
  }
  /// Returns the factor of the other row in the cosine's gradient with respect to one row,
  /// `by_other * other - by_own * own`.
  TENON_HOST_DEVICE double by_other() const { return 1 / std::sqrt(first_squared * second_squared); }
  /// Returns the factor of the row itself in the cosine's gradient with respect to it.
  TENON_HOST_DEVICE double by_own(double own_squared) const { return cosine() / own_squared; }
};

}  // namespace tenon::inline TENON_ISA::loss

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
