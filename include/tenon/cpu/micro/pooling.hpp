/// \file
/// The pooling loop nest for plain images of one, two and three axes, all kinds of windows, all functions.
///
/// `x` and `grad_x` are (planes, inputs...), `y` and `grad_y` (planes, outputs...).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "../../core/pool_function.hpp"
#include "blocked_pool.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// A row of the output of one plane, and the rows of the input that its windows see.
template <int Rank, class Axis>
class OutputRow {
  static constexpr std::size_t leading = Rank - 1;

 public:
  explicit OutputRow(const PoolGeometry<Rank, Axis>& windows) : axes_(windows.axes) {
    index_t distance = columns().input;
    for (std::size_t a = leading; a-- > 0; distance *= axes_[a].input) {
      seen_[a].distance = distance * axes_[a].dilation;
      extents_[a] = distance;
      look(a);
    }
  }
  void operator++() {
    for (std::size_t a = leading; a-- > 0;) {
      const bool wraps = ++at_[a] == axes_[a].output;
      if (wraps) at_[a] = 0;
      look(a);
      if (!wraps) return;
    }
  }

  const Axis& columns() const { return axes_[leading]; }
  /// Calls `f(offset)` for each row of the input that the windows see, top to bottom.
  template <class F>
  TENON_ALWAYS_INLINE void for_each_input_row(F&& f) const {
    visit<0>(0, f);
  }
  /// Returns what the total of the window at `column` is divided by.
  template <class Function, class T>
  T divisor(index_t column) const {
    T product = Function::template share<T>(columns(), column);
    for (std::size_t a = leading; a-- > 0;) product *= Function::template share<T>(axes_[a], at_[a]);
    return product;
  }

 private:
  /// The positions along an axis that the windows see: the first one's offset, their number and distance, in elements.
  struct Seen {
    index_t first = 0, count = 0, distance = 0;
  };
  void look(std::size_t a) {
    const index_t first = axes_[a].first_inside(at_[a]);
    seen_[a].count = axes_[a].last_inside(at_[a]) - first;
    seen_[a].first = axes_[a].position(at_[a], first) * extents_[a];
  }
  template <std::size_t A>
  TENON_ALWAYS_INLINE void visit(index_t offset, auto& f) const {
    if constexpr (A == leading) {
      f(offset);
    } else {
      const Seen& seen = seen_[A];
      offset += seen.first;
      for (index_t k = 0; k < seen.count; ++k, offset += seen.distance) visit<A + 1>(offset, f);
    }
  }

  const Axis (&axes_)[std::size_t{Rank}];
  std::array<index_t, leading> at_{}, extents_{};  // along each axis: the position, and elements between neighbours
  std::array<Seen, leading> seen_{};
};

/// How outputs may be visited: one at a time (`single`), or in whole vectors of neighbours, each output once (`once`)
/// or some again to fill the last vector of a row (`repeatable`).
enum class Visits { single, once, repeatable };

/// Walks the output of one plane row by row. Where windows slide inside the row, and there are enough of them,
/// `several(output, count, column, row)` takes up to a vector of neighbouring outputs, from `column` on; elsewhere
/// `single(output, column, row)` takes one. With Visits::once, `count` is always the lanes of a vector.
template <class T, int Rank, class Axis, class Several, class Single>
void for_each_output(const PoolGeometry<Rank, Axis>& windows, Visits visits, Several&& several, Single&& single) {
  OutputRow<Rank, Axis> row(windows);
  const Axis& columns = row.columns();
  // Output columns whose windows lie inside the row.
  index_t first = 0, last = 0;
  if constexpr (std::is_same_v<Axis, Window>) {
    // Windows this long that lie apart are better read one by one: their own elements are neighbours.
    const bool apart = columns.stride > 1 && columns.dilation == 1 && columns.kernel >= lanes<T>;
    if (visits != Visits::single && !apart) last = columns.output;
    while (first < last && columns.position(first, 0) < 0) ++first;
    while (last > first && columns.position(last - 1, columns.kernel - 1) >= columns.input) --last;
    if (2 * (last - first) < lanes<T>) first = last = 0;
  }
  const index_t outputs = windows.out_size();
  for (index_t output = 0; output < outputs; ++row) {
    index_t column = 0;
    for (; column < first; ++column, ++output) single(output, column, row);
    if constexpr (std::is_same_v<Axis, Window>)
      for (index_t count; column < last; column += count, output += count) {
        count = (std::min)(lanes<T>, last - column);
        if (count < lanes<T>) {
          if (visits == Visits::once) break;
          const index_t again = (std::min)(column - first, lanes<T> - count);
          column -= again;
          output -= again;
          count += again;
        }
        several(output, count, column, row);
      }
    for (; column < columns.output; ++column, ++output) single(output, column, row);
  }
}

namespace detail {

/// Returns `count` elements from `x` on, which lie `stride` apart; the other lanes repeat the first.
template <class T>
TENON_ALWAYS_INLINE inline Vector<T> load_strided(const T* x, index_t stride, index_t count) {
  if (stride == 1 && count == lanes<T>) return Vector<T>::load_unaligned(x);
  alignas(Vector<T>) T buffer[static_cast<std::size_t>(lanes<T>)];
  for (index_t lane = 0; lane < lanes<T>; ++lane) buffer[lane] = x[lane < count ? lane * stride : 0];
  return Vector<T>::load_aligned(buffer);
}

/// The elements of a row that the window at `column` sees.
struct Taps {
  index_t start, count, distance;
  template <class Axis>
  Taps(const Axis& columns, index_t column)
      : start(columns.position(column, columns.first_inside(column))),
        count(columns.last_inside(column) - columns.first_inside(column)),
        distance(columns.dilation) {}
  /// Returns how many of them fill whole vectors.
  template <class T>
  index_t in_vectors() const {
    return distance == 1 ? count / lanes<T> * lanes<T> : 0;
  }
};

}  // namespace detail

/// Computes `pool` of one plane `x` (inputs...) to `y` (outputs...), for windows of several rows with columns anywhere.
/// The rows that a row of windows sees are joined first, whole vectors of columns at once. Returns false, and does
/// nothing, if the plane is too wide or has a single axis.
template <class Function, class T, int Rank, class Axis>
bool pool_by_rows(const PoolGeometry<Rank, Axis>& windows, const T* x, T* y) {
  using V = Vector<T>;
  constexpr index_t widest = 1024 / sizeof(T);
  if (Rank == 1 || windows.axes[Rank - 1].input > widest) return false;
  OutputRow<Rank, Axis> row(windows);
  const Axis& columns = row.columns();
  const index_t outputs = windows.out_size(), in_vectors = columns.input / lanes<T> * lanes<T>;
  alignas(V) T joined[static_cast<std::size_t>(widest)];
  for (index_t output = 0; output < outputs; ++row) {
    for (index_t i = 0; i < in_vectors; i += lanes<T>) {
      V total(Function::template start<T>());
      row.for_each_input_row(
          [&](index_t offset) { total = Function::join(total, Function::enter(V::load_unaligned(x + offset + i))); });
      total.store_aligned(joined + i);
    }
    for (index_t i = in_vectors; i < columns.input; ++i) {
      joined[i] = Function::template start<T>();
      row.for_each_input_row(
          [&](index_t offset) { joined[i] = Function::join(joined[i], Function::enter(x[offset + i])); });
    }
    for (index_t column = 0; column < columns.output; ++column, ++output) {
      const detail::Taps taps(columns, column);
      T total = joined[taps.start];
      for (index_t k = 1; k < taps.count; ++k) total = Function::join(total, joined[taps.start + k * taps.distance]);
      y[output] = Function::finish(total, row.template divisor<Function, T>(column));
    }
  }
  return true;
}

/// Whether each plane is one window of neighbouring elements.
template <int Rank>
constexpr bool covers_planes(const PoolGeometry<Rank>& geometry) {
  const Window& row = geometry.axes[Rank - 1];
  return geometry.out_size() == 1 && row.kernel == geometry.in_size() && row.padding == 0 && row.dilation == 1;
}
/// Computes `pool` where it `covers_planes`: `x` (planes, inputs...), `y` (planes).
template <class Function, class T, int Rank>
void pool_whole_planes(const PoolGeometry<Rank>& geometry, const T* x, T* y) {
  using V = Vector<T>;
  const index_t size = geometry.in_size(), in_vectors = size / lanes<T> * lanes<T>;
  const T divisor = OutputRow<Rank, Window>(geometry).template divisor<Function, T>(0);
  const auto join = [](const auto& a, const auto& b) TENON_ALWAYS_INLINE { return Function::join(a, b); };
  for (index_t plane = 0; plane < geometry.planes; ++plane, x += size) {
    V totals(Function::template start<T>());
    T total = Function::template start<T>();
    for (index_t i = 0; i < in_vectors; i += lanes<T>) totals = join(totals, Function::enter(V::load_unaligned(x + i)));
    for (index_t i = in_vectors; i < size; ++i) total = join(total, Function::enter(x[i]));
    if (in_vectors > 0) total = join(total, fold_lanes<T>(totals, join));
    y[plane] = Function::finish(total, divisor);
  }
}

/// Computes y = Function of the elements in each window.
template <class Function, class T, class Geometry>
void pool(const Geometry& geometry, const T* x, T* y) {
  if constexpr (std::is_same_v<Geometry, PoolGeometry<1>> || std::is_same_v<Geometry, PoolGeometry<2>>)
    if (is_done_in_pairs(geometry)) return pool_in_pairs<Function>(geometry, x, y);
  if constexpr (std::is_same_v<typename Geometry::window, Window>)
    if (covers_planes(geometry)) return pool_whole_planes<Function>(geometry, x, y);
  using V = Vector<T>;
  constexpr T neutral = Function::template start<T>();
  for (index_t plane = 0; plane < geometry.planes; ++plane, x += geometry.in_size(), y += geometry.out_size()) {
    const auto& windows = geometry.in_plane(plane);
    if constexpr (!std::is_same_v<typename Geometry::window, Window>)
      if (pool_by_rows<Function>(windows, x, y)) continue;
    const auto several = [&](index_t output, index_t count, index_t column, const auto& row) {
      const auto& columns = row.columns();
      const T* start = x + columns.position(column, 0);
      V total(neutral);
      row.for_each_input_row([&](index_t offset) {
        for (index_t k = 0; k < columns.kernel; ++k)
          total = Function::join(total, Function::enter(detail::load_strided(start + offset + k * columns.dilation,
                                                                             columns.stride, count)));
      });
      store_first(Function::finish(total, V(row.template divisor<Function, T>(column))), y + output, count);
    };
    const auto single = [&](index_t output, index_t column, const auto& row) {
      const detail::Taps taps(row.columns(), column);
      const index_t in_vectors = taps.in_vectors<T>();
      V totals(neutral);
      T total = neutral;
      row.for_each_input_row([&](index_t offset) {
        const T* from = x + offset + taps.start;
        index_t k = 0;
        for (; k < in_vectors; k += lanes<T>)
          totals = Function::join(totals, Function::enter(V::load_unaligned(from + k)));
        for (; k < taps.count; ++k) total = Function::join(total, Function::enter(from[k * taps.distance]));
      });
      if (in_vectors > 0) {
        total = Function::join(total, fold_lanes<T>(totals, [](const auto& a, const auto& b)
                                                                TENON_ALWAYS_INLINE { return Function::join(a, b); }));
      }
      y[output] = Function::finish(total, row.template divisor<Function, T>(column));
    };
    for_each_output<T>(windows, Visits::repeatable, several, single);
  }
}

/// Adds the gradient of `pool` with respect to x to `grad_x`. Where `Function::gradient_reads_input` is false, `x` and
/// `y` may be any numbers, `grad_x` and `grad_y` included.
template <class Function, class T, class Geometry>
void add_pool_gradient(const Geometry& geometry, const T* x, const T* y, const T* grad_y, T* grad_x) {
  using V = Vector<T>;
  const index_t in_size = geometry.in_size(), out_size = geometry.out_size();
  for (index_t plane = 0; plane < geometry.planes; ++plane) {
    const auto& windows = geometry.in_plane(plane);
    const auto add = [&](index_t at, const V& factor) TENON_ALWAYS_INLINE {
      const V gradient = Function::each(factor, V::load_unaligned(x + at));
      (V::load_unaligned(grad_x + at) + gradient).store_unaligned(grad_x + at);
    };
    const auto several = [&](index_t output, index_t, index_t column, const auto& row) {
      const auto& columns = row.columns();
      const V factor = Function::factor(V::load_unaligned(grad_y + output), V::load_unaligned(y + output),
                                        V(row.template divisor<Function, T>(column)));
      row.for_each_input_row([&](index_t offset) {
        for (index_t k = 0; k < columns.kernel; ++k) add(offset + columns.position(column, k), factor);
      });
    };
    const auto single = [&](index_t output, index_t column, const auto& row) {
      const detail::Taps taps(row.columns(), column);
      const T factor = Function::factor(grad_y[output], y[output], row.template divisor<Function, T>(column));
      row.for_each_input_row([&](index_t offset) {
        index_t k = 0, at = offset + taps.start;
        for (; k < taps.in_vectors<T>(); k += lanes<T>, at += lanes<T>) add(at, V(factor));
        for (; k < taps.count; ++k, at += taps.distance) grad_x[at] += Function::each(factor, x[at]);
      });
    };
    // Only outputs side by side reach inputs side by side.
    Visits visits = Visits::single;
    if constexpr (requires { windows.axes[0].stride; })
      if (windows.axes[windows.rank - 1].stride == 1) visits = Visits::once;
    for_each_output<T>(windows, visits, several, single);
    x += in_size, grad_x += in_size, y += out_size, grad_y += out_size;
  }
}

/// Computes `y` = the largest element of each window, NaN if there is one, and `largest`, of the shape of y, its
/// position in the plane: the first of equal ones, the last NaN, as in PyTorch; -1 where a window sees no element. `y`
/// may be null.
template <class T, class Geometry, class Index>
void max_pool(const Geometry& geometry, const T* x, T* y, Index* largest) {
  using V = Vector<T>;
  constexpr T lowest = pooling::Max::start<T>();
  const index_t in_size = geometry.in_size(), out_size = geometry.out_size();
  // Vectors hold positions as floating-point numbers, exact in planes up to this size.
  constexpr index_t exact = index_t{1} << std::numeric_limits<T>::digits;

  for (index_t plane = 0; plane < geometry.planes; ++plane) {
    const auto& windows = geometry.in_plane(plane);
    const auto several = [&](index_t output, index_t count, index_t column, const auto& row) {
      const auto& columns = row.columns();
      alignas(V) T positions[static_cast<std::size_t>(lanes<T>)];
      for (index_t lane = 0; lane < lanes<T>; ++lane) positions[lane] = static_cast<T>(lane * columns.stride);
      const V step = V::load_aligned(positions);
      V best(lowest), at(T(-1));
      row.for_each_input_row([&](index_t offset) {
        for (index_t k = 0; k < columns.kernel; ++k) {
          const index_t position = offset + columns.position(column, k);
          const V value = detail::load_strided(x + position, columns.stride, count);
          const auto better = (value > best) || xsimd::isnan(value);  // xsimd's != is false for NaN on AVX-512
          best = xsimd::select(better, value, best);
          at = xsimd::select(better || (at < V(T(0))), step + V(static_cast<T>(position)), at);
        }
      });
      if (y) store_first(best, y + output, count);
      at.store_aligned(positions);
      for (index_t lane = 0; lane < count; ++lane) largest[output + lane] = static_cast<Index>(positions[lane]);
    };
    const auto single = [&](index_t output, index_t column, const auto& row) {
      const detail::Taps taps(row.columns(), column);
      T best = lowest;
      index_t at = -1;
      row.for_each_input_row([&](index_t offset) {
        for (index_t k = 0, position = offset + taps.start; k < taps.count; ++k, position += taps.distance) {
          const T value = x[position];
          const bool better = value > best || !pointwise::equal(value, value);
          if (better || at < 0) at = position;
          if (better) best = value;
        }
      });
      if (y) y[output] = best;
      largest[output] = static_cast<Index>(at);
    };
    for_each_output<T>(windows, in_size <= exact ? Visits::repeatable : Visits::single, several, single);
    x += in_size, largest += out_size;
    if (y) y += out_size;
  }
}

/// Adds `grad_y` to the elements of `grad_x` at `position`, of the shape of grad_y, in each plane: the gradient of
/// picking elements. Negative positions are left out.
template <class T, class Geometry, class Index>
void add_at(const Geometry& geometry, const T* grad_y, const Index* position, T* grad_x) {
  const index_t in_size = geometry.in_size(), out_size = geometry.out_size();
  for (index_t plane = 0; plane < geometry.planes; ++plane, grad_x += in_size, grad_y += out_size, position += out_size)
    for (index_t output = 0; output < out_size; ++output)
      if (position[output] >= 0) grad_x[position[output]] += grad_y[output];
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
