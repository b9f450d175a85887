/// \file
/// Normalization of groups of elements: their mean and variance, the normalised elements, and their gradient.
///
/// `x`, `y` and `grad_y` are whole tensors, of `grouping.size()` elements; `weight` and `bias` are (grouping.channels).
#pragma once

#include <algorithm>
#include <cmath>

#include "../../core/elementary.hpp"
#include "../../core/grouping.hpp"
#include "../../core/memory.hpp"
#include "../../core/normalization.hpp"
#include "columns.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Calls visit(offset) for each stretch of a group.
template <class Visit>
void for_each_stretch(const Grouping& grouping, index_t group, Visit&& visit) {
  for (index_t offset = group * grouping.stretch; offset < grouping.size(); offset += grouping.distance())
    visit(offset);
}

/// Returns v - center, which is exact where the two are close.
template <class V>
TENON_ALWAYS_INLINE inline V distance(const V& v, const V& center) {
  return elementary::in_order(v - center);
}

/// The mean and the variance of a group.
template <class T>
struct Moments {
  Mean<T> mean;
  double variance;  // biased: divided by the number of elements

  /// Returns 1 / sqrt(variance + eps).
  T inverse_deviation(double eps) const { return static_cast<T>(tenon::inverse_deviation(variance, eps)); }
};

/// Returns mean and variance of one group, from the distances to `center`.
template <class T>
Moments<T> moments_about(T center, const Grouping& grouping, index_t group, const T* x) {
  using V = Vector<T>;
  const auto count = static_cast<double>(grouping.group_size());
  double rest = 0, squares = 0;
  for_each_stretch(grouping, group, [&](index_t offset) {
    const auto sums = map_sums<T, 2>(
        grouping.stretch,
        [c = V(center)](const V& v) TENON_ALWAYS_INLINE {
          const V d = distance(v, c);
          return std::array<V, 2>{d, d * d};
        },
        x + offset);
    rest += static_cast<double>(sums[0]);
    squares += static_cast<double>(sums[1]);
  });
  rest /= count;
  const double variance = squares / count - rest * rest;
  return {{center, static_cast<T>(rest)}, variance < 0 ? 0 : variance};
}

/// Returns mean and variance of one group. The sum gives a center close to the mean; the distances from it give both,
/// and do not cancel however far the elements are from zero. Elements that are all equal have the variance 0.
template <class T>
Moments<T> moments(const Grouping& grouping, index_t group, const T* x) {
  double sum = 0;
  for_each_stretch(grouping, group, [&](index_t offset) {
    sum += static_cast<double>(map_sum<T>(grouping.stretch, [](const Vector<T>& v) { return v; }, x + offset));
  });
  const auto center = static_cast<T>(sum / static_cast<double>(grouping.group_size()));
  const Moments<T> result = moments_about(center, grouping, group, x);
  const auto rest = static_cast<double>(result.mean.rest);
  // The sum's rounding may have moved the center away by more than a deviation: the rest moves it back.
  if (result.variance < rest * rest) return moments_about(center + result.mean.rest, grouping, group, x);
  return result;
}

/// Computes y = f((x - mean) * inverse_deviation * weight + bias) for one group. Weight and bias are both null or
/// neither; `y` may be `x`.
template <class T, class F = pointwise::Identity>
void normalize(const Grouping& grouping, index_t group, Mean<T> mean, T inverse_deviation, const T* weight,
               const T* bias, const T* x, T* y, const F& f = {}) {
  using V = Vector<T>;
  const V center(mean.center), scale(inverse_deviation), rest(mean.shift(inverse_deviation));
  for_each_stretch(grouping, group, [&](index_t offset) {
    const index_t channel = grouping.channel_of(offset);
    if (!weight) {
      map<T>(
          grouping.stretch,
          [=](const V& v) TENON_ALWAYS_INLINE { return f(xsimd::fma(distance(v, center), scale, rest)); }, y + offset,
          x + offset);
    } else if (grouping.inner == 1) {
      map<T>(
          grouping.stretch,
          [=](const V& v, const V& w, const V& b)
              TENON_ALWAYS_INLINE { return f(xsimd::fma(xsimd::fma(distance(v, center), scale, rest), w, b)); },
          y + offset, x + offset, weight + channel, bias + channel);
    } else {
      for (index_t c = channel, end = offset + grouping.stretch; offset < end; ++c, offset += grouping.inner) {
        const T factor = inverse_deviation * weight[c];
        map<T>(
            grouping.inner,
            [&, a = V(factor), b = V(bias[c] + mean.shift(factor))](const V& v)
                TENON_ALWAYS_INLINE { return f(xsimd::fma(distance(v, center), a, b)); },
            y + offset, x + offset);
      }
    }
  });
}

/// Where gradients go: to `x`, of the shape of x, added if `accumulate`; added to `weight` and `bias` (channels). Each
/// is null if nobody wants it.
template <class T>
struct NormalizationGradients {
  T* x;
  bool accumulate;
  T *weight, *bias;
};

/// The gradient of x in one group: factor * weight * grad_y - shift - slope * (x - center).
template <class T>
struct InputGradient {
  T factor, shift, slope;

  /// Takes the sums over `count` elements of weight * grad_y (`sum`) and of weight * grad_y * (x - center) (`product`),
  /// and the `rest` of the mean. Statistics that are `fixed` do not depend on x.
  InputGradient(T inverse_deviation, T rest, bool fixed, index_t count, double sum, double product)
      : factor(inverse_deviation), shift(0), slope(0) {
    if (fixed) return;
    const auto inverse = static_cast<double>(inverse_deviation);
    const double share = inverse / static_cast<double>(count);
    slope = static_cast<T>(share * (inverse * inverse) * (product - static_cast<double>(rest) * sum));
    shift = static_cast<T>(share * sum) - slope * rest;
  }
};

/// Computes the gradients of `normalize` for one group; `weight` may be null. Statistics that are `fixed` do not depend
/// on x.
template <class T>
void normalize_gradient(const Grouping& grouping, index_t group, bool fixed, Mean<T> mean, T inverse_deviation,
                        const T* weight, const T* x, const T* grad_y, const NormalizationGradients<T>& grad) {
  using V = Vector<T>;
  const V center(mean.center), inverse(inverse_deviation), rest(mean.shift(inverse_deviation));
  const auto terms = [&](const V& g, const V& v)
                         TENON_ALWAYS_INLINE { return std::array<V, 2>{g, g * distance(v, center)}; };
  double sum = 0, product = 0;
  const auto add = [&](const std::array<T, 2>& sums, T factor) {
    sum += static_cast<double>(factor * sums[0]);
    product += static_cast<double>(factor * sums[1]);
  };
  for_each_stretch(grouping, group, [&](index_t offset) {
    const T *g = grad_y + offset, *v = x + offset;
    const index_t channel = grouping.channel_of(offset);
    if (!weight) {
      if (grad.x && !fixed) add(map_sums<T, 2>(grouping.stretch, terms, g, v), T(1));
    } else if (grouping.inner == 1) {
      if (grad.x && !fixed)
        add(map_sums<T, 2>(
                grouping.stretch,
                [&](const V& dy, const V& u, const V& w) TENON_ALWAYS_INLINE { return terms(dy * w, u); }, g, v,
                weight + channel),
            T(1));
      if (grad.weight)
        map_gradient<T>(
            grouping.stretch, true,
            // By value, since the targets of references would be loaded again after each store.
            [=](const V& dy, const V& u)
                TENON_ALWAYS_INLINE { return dy * xsimd::fma(distance(u, center), inverse, rest); },
            grad.weight + channel, g, v);
      if (grad.bias) map_gradient<T>(grouping.stretch, true, [](const V& dy) { return dy; }, grad.bias + channel, g);
    } else {
      for (index_t c = channel, i = 0; i < grouping.stretch; ++c, i += grouping.inner) {
        const auto sums = map_sums<T, 2>(grouping.inner, terms, g + i, v + i);
        if (grad.x) add(sums, weight[c]);
        if (grad.weight) grad.weight[c] += inverse_deviation * (sums[1] - mean.rest * sums[0]);
        if (grad.bias) grad.bias[c] += sums[0];
      }
    }
  });
  if (!grad.x) return;

  const InputGradient<T> gradient(inverse_deviation, mean.rest, fixed, grouping.group_size(), sum, product);
  const V shift(gradient.shift), slope(gradient.slope);
  const auto input_gradient = [&](const V& dy, const V& u, const V& factor) TENON_ALWAYS_INLINE {
    return fixed ? dy * factor : xsimd::fma(dy, factor, -xsimd::fma(distance(u, center), slope, shift));
  };
  for_each_stretch(grouping, group, [&](index_t offset) {
    const T *g = grad_y + offset, *v = x + offset;
    T* to = grad.x + offset;
    const index_t channel = grouping.channel_of(offset);
    const auto one_factor = [&](index_t size, const V& factor) {
      map_gradient<T>(
          size, grad.accumulate,
          [&](const V& dy, const V& u) TENON_ALWAYS_INLINE { return input_gradient(dy, u, factor); }, to, g, v);
    };
    if (!weight) {
      one_factor(grouping.stretch, inverse);
    } else if (grouping.inner == 1) {
      map_gradient<T>(
          grouping.stretch, grad.accumulate,
          [&](const V& dy, const V& u, const V& w) TENON_ALWAYS_INLINE { return input_gradient(dy, u, w * inverse); },
          to, g, v, weight + channel);
    } else {
      for (index_t c = channel, i = 0; i < grouping.stretch; ++c, i += grouping.inner) {
        one_factor(grouping.inner, V(inverse_deviation * weight[c]));
        to += grouping.inner, g += grouping.inner, v += grouping.inner;
      }
    }
  });
}

// ---- groups that are columns of a matrix, as channels without further axes: vectors of columns, row by row

/// Computes the means, `center` + `rest`, and the biased variances of the columns of `x` (rows, columns), each of
/// (columns). As in `moments`, a center comes first, here from the distances to the first row.
template <class T>
void column_moments(index_t rows, index_t columns, const T* x, T* center, T* rest, T* variance) {
  using V = Vector<T>;
  for (T* sums : {center, rest, variance}) std::fill_n(sums, columns, T(0));
  add_column_sums<T, 1>(
      rows, columns, {center},
      [](const V& first, const V& v) TENON_ALWAYS_INLINE { return std::array{distance(v, first)}; }, x, x);
  for (index_t c = 0; c < columns; ++c) center[c] = x[c] + center[c] / static_cast<T>(rows);
  add_column_sums<T, 2>(
      rows, columns, {rest, variance},
      [](const V& from, const V& v) TENON_ALWAYS_INLINE {
        const V d = distance(v, from);
        return std::array<V, 2>{d, d * d};
      },
      center, x);
  for (index_t c = 0; c < columns; ++c) {
    rest[c] /= static_cast<T>(rows);
    const T value = variance[c] / static_cast<T>(rows) - rest[c] * rest[c];
    variance[c] = value < 0 ? T(0) : value;
  }
}

/// Computes `normalize` of all columns of `x` (rows, columns) to `y` (rows, columns); other pointers are to (columns),
/// `weight` and `bias` may each be null.
template <class T>
void normalize_columns(index_t rows, index_t columns, const T* center, const T* rest, const T* inverse_deviation,
                       const T* weight, const T* bias, const T* x, T* y) {
  using V = Vector<T>;
  const auto size = static_cast<std::size_t>(columns);
  memory::Array<T> factor(size), shift(size);
  for (std::size_t c = 0; c < size; ++c) {
    factor[c] = weight ? inverse_deviation[c] * weight[c] : inverse_deviation[c];
    shift[c] = (bias ? bias[c] : T(0)) + Mean<T>{center[c], rest[c]}.shift(factor[c]);
  }
  for (index_t r = 0; r < rows; ++r, x += columns, y += columns)
    map<T>(
        columns,
        [](const V& v, const V& from, const V& a, const V& b)
            TENON_ALWAYS_INLINE { return xsimd::fma(distance(v, from), a, b); },
        y, x, center, static_cast<const T*>(factor.data()), static_cast<const T*>(shift.data()));
}

/// Computes `normalize_gradient` of all columns: `x` and `grad_y` (rows, columns), other pointers are to (columns),
/// `weight` may be null.
template <class T>
void normalize_columns_gradient(index_t rows, index_t columns, bool fixed, const T* center, const T* rest,
                                const T* inverse_deviation, const T* weight, const T* x, const T* grad_y,
                                const NormalizationGradients<T>& grad) {
  using V = Vector<T>;
  const auto size = static_cast<std::size_t>(columns);
  memory::Array<T> shift(size), slope(size), factor(size);
  for (T* sums : {shift.data(), slope.data()}) std::fill_n(sums, columns, T(0));
  add_column_sums<T, 2>(
      rows, columns, {shift.data(), slope.data()},
      [](const V& from, const V& dy, const V& u)
          TENON_ALWAYS_INLINE { return std::array<V, 2>{dy, dy * distance(u, from)}; },
      center, grad_y, x);
  for (std::size_t c = 0; c < size; ++c) {
    const T inverse = inverse_deviation[c], w = grad.x && weight ? weight[c] : T(1);
    if (grad.weight) grad.weight[c] += inverse * (slope[c] - rest[c] * shift[c]);
    if (grad.bias) grad.bias[c] += shift[c];
    const InputGradient<T> gradient(inverse, rest[c], fixed, rows, static_cast<double>(w * shift[c]),
                                    static_cast<double>(w * slope[c]));
    factor[c] = gradient.factor * w;
    shift[c] = gradient.shift;
    slope[c] = gradient.slope;
  }
  if (!grad.x) return;
  for (index_t r = 0; r < rows; ++r) {
    const T *g = grad_y + r * columns, *v = x + r * columns;
    T* to = grad.x + r * columns;
    if (fixed)
      map_gradient<T>(
          columns, grad.accumulate, [](const V& dy, const V& scale) { return dy * scale; }, to, g, factor.data());
    else
      map_gradient<T>(
          columns, grad.accumulate,
          [](const V& dy, const V& u, const V& from, const V& scale, const V& a, const V& b)
              TENON_ALWAYS_INLINE { return xsimd::fma(dy, scale, -xsimd::fma(distance(u, from), b, a)); },
          to, g, v, center, factor.data(), shift.data(), slope.data());
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
