/// \file
/// Softmax, its logarithm and log(sum(exp(x))) along one axis.
#pragma once

#include <algorithm>
#include <cmath>

#include "../../core/elementary.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// An axis of a contiguous tensor, seen as (outer, size, inner), where `size` is the axis.
struct AxisView {
  index_t outer, size, inner;
};

/// Returns axis `axis` of a tensor with extents `dims`.
template <std::size_t Rank>
constexpr AxisView axis_view(const std::array<index_t, Rank>& dims, std::size_t axis) {
  AxisView view{1, dims[axis], 1};
  for (std::size_t a = 0; a < axis; ++a) view.outer *= dims[a];
  for (std::size_t a = axis + 1; a < Rank; ++a) view.inner *= dims[a];
  return view;
}

/// Returns the largest f(x[i]) of a row `x` (size).
template <class T, class F>
T row_maximum(index_t size, const F& f, const T* x) {
  using V = Vector<T>;
  V largest(elementary::lowest<T>);
  index_t i = 0;
  for (; i + lanes<T> <= size; i += lanes<T>) largest = (xsimd::max)(largest, f(V::load_unaligned(x + i)));
  if (i < size) largest = (xsimd::max)(largest, keep_first<T>(f(load_first<T>(x + i, size - i)), size - i, largest));
  return fold_lanes<T>(largest,
                       [](const auto& a, const auto& b) TENON_ALWAYS_INLINE { return pointwise::at_least(a, b); });
}

/// Calls `visit(offset, count, load)` for each group of up to a vector of neighbouring slices of `x`
/// (outer, size, inner): `load(a)` gives their elements at position `a` of the axis, which lie at
/// `offset + a * axis.inner`.
template <class T, class Visit>
void for_each_slices(const AxisView& axis, const T* x, Visit&& visit) {
  for (index_t o = 0; o < axis.outer; ++o)
    for (index_t i = 0; i < axis.inner; i += lanes<T>) {
      const index_t offset = o * axis.size * axis.inner + i, count = (std::min)(lanes<T>, axis.inner - i);
      visit(offset, count, [&, from = x + offset](index_t a) TENON_ALWAYS_INLINE {
        const T* row = from + a * axis.inner;
        return load_up_to<Vector<T>>(row, count);
      });
    }
}

/// Whether the axis is a row too short for a vector. Then as many rows as a vector has lanes are computed at once, side
/// by side in a tile (size, lanes).
template <class T>
constexpr bool in_tiles(const AxisView& axis) {
  return axis.inner == 1 && axis.size < lanes<T>;
}
template <class T>
constexpr AxisView tile_view(const AxisView& axis) {
  return {1, axis.size, lanes<T>};
}
/// Rows too short for a vector, as the columns of a tile; columns beyond the last row are zeros.
template <class T>
class Tile {
 public:
  T* data() { return elements_; }
  /// Copies `rows` (count, size) to the first columns of the tile.
  void take(const T* rows, index_t count, index_t size) {
    for (index_t row = 0; row < count; ++row)
      for (index_t i = 0; i < size; ++i) elements_[i * lanes<T> + row] = rows[row * size + i];
  }
  /// Copies the first columns of the tile to `rows` (count, size).
  void give(T* rows, index_t count, index_t size) const {
    for (index_t row = 0; row < count; ++row)
      for (index_t i = 0; i < size; ++i) rows[row * size + i] = elements_[i * lanes<T> + row];
  }

 private:
  alignas(Vector<T>) T elements_[static_cast<std::size_t>(lanes<T> * lanes<T>)]{};
};
/// Calls `f(first, count)` for each group of rows that share a tile.
template <class T, class F>
void for_each_tile(const AxisView& axis, F&& f) {
  for (index_t row = 0; row < axis.outer; row += lanes<T>) f(row, (std::min)(lanes<T>, axis.outer - row));
}

/// Computes log(sum over the axis of exp(x)) = `maximum` + `log_sum`, both (outer, inner), of `x` (outer, size, inner).
/// Their sum would lose the digits of the smaller one.
template <class T>
void log_sum_exp(const AxisView& axis, const T* x, T* maximum, T* log_sum) {
  using V = Vector<T>;
  if (in_tiles<T>(axis)) {
    Tile<T> tile;
    alignas(V) T tile_maximum[static_cast<std::size_t>(lanes<T>)], tile_log_sum[static_cast<std::size_t>(lanes<T>)];
    return for_each_tile<T>(axis, [&](index_t first, index_t count) {
      tile.take(x + first * axis.size, count, axis.size);
      log_sum_exp<T>(tile_view<T>(axis), tile.data(), tile_maximum, tile_log_sum);
      std::copy_n(tile_maximum, count, maximum + first);
      std::copy_n(tile_log_sum, count, log_sum + first);
    });
  }
  if (axis.inner == 1) {
    for (index_t o = 0; o < axis.outer; ++o, x += axis.size) {
      maximum[o] = row_maximum<T>(axis.size, pointwise::Identity{}, x);
      const auto exponential = [m = V(maximum[o])](const V& v) TENON_ALWAYS_INLINE { return elementary::exp(v - m); };
      log_sum[o] = elementary::log(map_sum<T>(axis.size, exponential, x));
    }
    return;
  }
  for_each_slices<T>(axis, x, [&](index_t offset, index_t count, auto&& load) TENON_FLATTEN {
    V largest = load(0), sum(T(0));
    for (index_t a = 1; a < axis.size; ++a) largest = (xsimd::max)(largest, load(a));
    for (index_t a = 0; a < axis.size; ++a) sum += elementary::exp(load(a) - largest);
    const index_t slice = offset / (axis.size * axis.inner) * axis.inner + offset % axis.inner;
    store_first<T>(largest, maximum + slice, count);
    store_first<T>(elementary::log(sum), log_sum + slice, count);
  });
}

/// Computes y = exp(f(x)) / (sum over the axis of exp(f(x))), or its logarithm, for `x` and `y` (outer, size, inner).
/// The largest element is subtracted first, so that nothing overflows and large elements lose nothing.
template <bool Logarithm, class T, class F>
void softmax(const AxisView& axis, const F& f, const T* x, T* y) {
  using V = Vector<T>;
  if (in_tiles<T>(axis)) {
    Tile<T> tile;
    return for_each_tile<T>(axis, [&](index_t first, index_t count) {
      tile.take(x + first * axis.size, count, axis.size);
      softmax<Logarithm>(tile_view<T>(axis), f, tile.data(), tile.data());
      tile.give(y + first * axis.size, count, axis.size);
    });
  }
  if (axis.inner == 1) {
    for (index_t o = 0; o < axis.outer; ++o, x += axis.size, y += axis.size) {
      const V largest(row_maximum<T>(axis.size, f, x));
      const auto exponential = [&](const V& v) TENON_ALWAYS_INLINE { return elementary::exp(f(v) - largest); };
      if constexpr (Logarithm) {
        const V logarithm = elementary::log(V(map_sum<T>(axis.size, exponential, x)));
        map<T>(
            axis.size, [&](const V& v) TENON_ALWAYS_INLINE { return elementary::in_order(f(v) - largest) - logarithm; },
            y, x);
      } else {
        map<T>(axis.size, exponential, y, x);
        const V scale(T(1) / map_sum<T>(axis.size, pointwise::Identity{}, static_cast<const T*>(y)));
        map<T>(axis.size, [&](const V& v) TENON_ALWAYS_INLINE { return v * scale; }, y, static_cast<const T*>(y));
      }
    }
    return;
  }
  for_each_slices<T>(axis, x, [&](index_t offset, index_t count, auto&& load) TENON_FLATTEN {
    V largest = f(load(0)), sum(T(0));
    for (index_t a = 1; a < axis.size; ++a) largest = (xsimd::max)(largest, f(load(a)));
    for (index_t a = 0; a < axis.size; ++a) {
      const V e = elementary::exp(f(load(a)) - largest);
      sum += e;
      if constexpr (!Logarithm) store_first<T>(e, y + offset + a * axis.inner, count);
    }
    const V last = Logarithm ? elementary::log(sum) : V(T(1)) / sum;
    for (index_t a = 0; a < axis.size; ++a) {
      T* to = y + offset + a * axis.inner;
      if constexpr (Logarithm)
        store_first<T>(elementary::in_order(f(load(a)) - largest) - last, to, count);
      else
        store_first<T>(load_first<T>(to, count) * last, to, count);
    }
  });
}

/// Computes `grad_x` = g(the gradient of `softmax` with respect to f(x)), or adds it with `accumulate`. The gradient is
/// grad_y - exp(y) * sum(grad_y) for the logarithm, else y * (grad_y - sum(grad_y * y)). `y`, `grad_y` and `grad_x` are
/// (outer, size, inner).
template <bool Logarithm, class T, class G>
void softmax_gradient(const AxisView& axis, bool accumulate, const G& g, const T* y, const T* grad_y, T* grad_x) {
  using V = Vector<T>;
  const auto term = [](const V& dy, const V& v) TENON_ALWAYS_INLINE { return Logarithm ? dy : dy * v; };
  const auto gradient = [&](const V& dy, const V& v, const V& total) TENON_ALWAYS_INLINE {
    if constexpr (Logarithm)
      return g(dy - elementary::exp(v) * total);
    else
      return g(v * (dy - total));
  };
  if (in_tiles<T>(axis)) {
    Tile<T> value, gradient_y, gradient_x;
    return for_each_tile<T>(axis, [&](index_t first, index_t count) {
      value.take(y + first * axis.size, count, axis.size);
      gradient_y.take(grad_y + first * axis.size, count, axis.size);
      if (accumulate) gradient_x.take(grad_x + first * axis.size, count, axis.size);
      softmax_gradient<Logarithm>(tile_view<T>(axis), accumulate, g, value.data(), gradient_y.data(),
                                  gradient_x.data());
      gradient_x.give(grad_x + first * axis.size, count, axis.size);
    });
  }
  if (axis.inner == 1) {
    for (index_t o = 0; o < axis.outer; ++o, y += axis.size, grad_y += axis.size, grad_x += axis.size) {
      const V total(map_sum<T>(axis.size, term, grad_y, y));
      map_gradient<T>(
          axis.size, accumulate, [&](const V& dy, const V& v) TENON_ALWAYS_INLINE { return gradient(dy, v, total); },
          grad_x, grad_y, y);
    }
    return;
  }
  for_each_slices<T>(axis, y, [&](index_t offset, index_t count, auto&& load) TENON_FLATTEN {
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
