/// \file
/// Softmax, its logarithm and log(sum(exp(x))) along one axis.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "../../core/pointwise.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// An axis of a contiguous tensor: `outer` slices, each `size` rows of `inner` elements.
struct AxisView {
  index_t outer, size, inner;
};

/// The axis `axis` of a tensor with extents `dims`.
template <std::size_t Rank>
constexpr AxisView axis_view(const std::array<index_t, Rank>& dims, std::size_t axis) {
  AxisView view{1, dims[axis], 1};
  for (std::size_t a = 0; a < axis; ++a) view.outer *= dims[a];
  for (std::size_t a = axis + 1; a < Rank; ++a) view.inner *= dims[a];
  return view;
}

/// The largest element of a contiguous row, after `f`.
template <class T, class F>
T row_maximum(index_t size, const F& f, const T* x) {
  using V = Vector<T>;
  V largest(-std::numeric_limits<T>::infinity());
  for (index_t i = 0; i < size; i += lanes<T>) {
    const index_t count = std::min(lanes<T>, size - i);
    // The first elements stand for the missing ones.
    alignas(V) T last[static_cast<std::size_t>(lanes<T>)];
    if (count < lanes<T>)
      for (index_t l = 0; l < lanes<T>; ++l) last[l] = x[i + l % count];
    largest = xsimd::max(largest, f(V::load_unaligned(count < lanes<T> ? last : x + i)));
  }
  alignas(V) T lane[static_cast<std::size_t>(lanes<T>)];
  largest.store_aligned(lane);
  return *std::max_element(lane, lane + lanes<T>);
}

/// Calls `visit(offset, count, load)` for each group of up to a vector of neighbouring slices: `load(a)` gives their
/// elements at position `a` of the axis, which lie at `offset + a * axis.inner`.
template <class T, class Visit>
void for_each_slices(const AxisView& axis, const T* x, Visit&& visit) {
  for (index_t o = 0; o < axis.outer; ++o)
    for (index_t i = 0; i < axis.inner; i += lanes<T>) {
      const index_t offset = o * axis.size * axis.inner + i, count = std::min(lanes<T>, axis.inner - i);
      visit(offset, count, [&, from = x + offset](index_t a) TENON_ALWAYS_INLINE {
        const T* row = from + a * axis.inner;
        return count == lanes<T> ? Vector<T>::load_unaligned(row) : load_first<T>(row, count);
      });
    }
}

/// `result` (outer, inner) = log(sum over the axis of exp(x)).
template <class T>
void log_sum_exp(const AxisView& axis, const T* x, T* result) {
  using V = Vector<T>;
  if (axis.inner == 1) {
    for (index_t o = 0; o < axis.outer; ++o, x += axis.size) {
      const T largest = row_maximum<T>(axis.size, pointwise::Identity{}, x);
      const V m(largest);
      result[o] = largest +
                  std::log(map_sum<T>(axis.size, [m](const V& v) TENON_ALWAYS_INLINE { return xsimd::exp(v - m); }, x));
    }
    return;
  }
  for_each_slices<T>(axis, x, [&](index_t offset, index_t count, auto&& load) {
    V largest = load(0), sum(T(0));
    for (index_t a = 1; a < axis.size; ++a) largest = xsimd::max(largest, load(a));
    for (index_t a = 0; a < axis.size; ++a) sum += xsimd::exp(load(a) - largest);
    const index_t outer = offset / (axis.size * axis.inner), inner = offset % axis.inner;
    store_first<T>(largest + xsimd::log(sum), result + outer * axis.inner + inner, count);
  });
}

/// y = exp(f(x)) / (sum over the axis of exp(f(x))), or its logarithm. The largest element is taken off first, so that
/// nothing overflows and large elements lose nothing.
template <bool Logarithm, class T, class F>
void softmax(const AxisView& axis, const F& f, const T* x, T* y) {
  using V = Vector<T>;
  if (axis.inner == 1) {
    for (index_t o = 0; o < axis.outer; ++o, x += axis.size, y += axis.size) {
      const V largest(row_maximum<T>(axis.size, f, x));
      const auto exponential = [&](const V& v) TENON_ALWAYS_INLINE { return xsimd::exp(f(v) - largest); };
      if constexpr (Logarithm) {
        const V logarithm(std::log(map_sum<T>(axis.size, exponential, x)));
        map<T>(axis.size, [&](const V& v) TENON_ALWAYS_INLINE { return (f(v) - largest) - logarithm; }, y, x);
      } else {
        map<T>(axis.size, exponential, y, x);
        const V scale(T(1) / map_sum<T>(axis.size, pointwise::Identity{}, static_cast<const T*>(y)));
        map<T>(axis.size, [&](const V& v) TENON_ALWAYS_INLINE { return v * scale; }, y, static_cast<const T*>(y));
      }
    }
    return;
  }
  for_each_slices<T>(axis, x, [&](index_t offset, index_t count, auto&& load) {
    V largest = f(load(0)), sum(T(0));
    for (index_t a = 1; a < axis.size; ++a) largest = xsimd::max(largest, f(load(a)));
    for (index_t a = 0; a < axis.size; ++a) {
      const V e = xsimd::exp(f(load(a)) - largest);
      sum += e;
      if constexpr (!Logarithm) store_first<T>(e, y + offset + a * axis.inner, count);
    }
    const V last = Logarithm ? xsimd::log(sum) : V(T(1)) / sum;
    for (index_t a = 0; a < axis.size; ++a) {
      T* to = y + offset + a * axis.inner;
      if constexpr (Logarithm)
        store_first<T>((f(load(a)) - largest) - last, to, count);
      else
        store_first<T>(load_first<T>(to, count) * last, to, count);
    }
  });
}

/// The gradient of `softmax` with respect to f(x), given y: grad_y - exp(y) * sum(grad_y) for the logarithm, else
/// y * (grad_y - sum(grad_y * y)). `g` is applied to it.
template <bool Logarithm, class T, class G>
void softmax_gradient(const AxisView& axis, bool accumulate, const G& g, const T* y, const T* grad_y, T* grad_x) {
  using V = Vector<T>;
  const auto term = [](const V& dy, const V& v) TENON_ALWAYS_INLINE { return Logarithm ? dy : dy * v; };
  const auto gradient = [&](const V& dy, const V& v, const V& total) TENON_ALWAYS_INLINE {
    if constexpr (Logarithm)
      return g(dy - xsimd::exp(v) * total);
    else
      return g(v * (dy - total));
  };
  if (axis.inner == 1) {
    for (index_t o = 0; o < axis.outer; ++o, y += axis.size, grad_y += axis.size, grad_x += axis.size) {
      const V total(map_sum<T>(axis.size, term, grad_y, y));
      map_gradient<T>(
          axis.size, accumulate, [&](const V& dy, const V& v) TENON_ALWAYS_INLINE { return gradient(dy, v, total); },
          grad_x, grad_y, y);
    }
    return;
  }
  for_each_slices<T>(axis, y, [&](index_t offset, index_t count, auto&& load) {
    const auto load_gradient = [&](index_t a) { return load_first<T>(grad_y + offset + a * axis.inner, count); };
    V total(T(0));
    for (index_t a = 0; a < axis.size; ++a) total += term(load_gradient(a), load(a));
    for (index_t a = 0; a < axis.size; ++a) {
      T* to = grad_x + offset + a * axis.inner;
      const V value = gradient(load_gradient(a), load(a), total);
      store_first<T>(accumulate ? load_first<T>(to, count) + value : value, to, count);
    }
  });
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
