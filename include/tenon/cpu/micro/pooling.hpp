/// \file
/// The pooling loop nest for plain images (planes, axes...), one, two and three axes alike.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

namespace detail {

/// Calls `f(offset)` for each position of a window over the leading axes that lies inside, in row-major order. `at` is the
/// output position, `strides` are the elements between neighbours along each axis.
template <std::size_t Axis, std::size_t Axes, class Windows, class F>
TENON_ALWAYS_INLINE inline void for_each_inside(const Windows& axes, const std::array<index_t, Axes>& at,
                                                const std::array<index_t, Axes>& strides, index_t offset, F& f) {
  if constexpr (Axis == Axes) {
    f(offset);
  } else {
    const index_t last = axes[Axis].last_inside(at[Axis]);
    for (index_t k = axes[Axis].first_inside(at[Axis]); k < last; ++k)
      for_each_inside<Axis + 1>(axes, at, strides, offset + axes[Axis].position(at[Axis], k) * strides[Axis], f);
  }
}

/// `count` elements `stride` apart; the other lanes repeat the first.
template <class T>
TENON_ALWAYS_INLINE inline Vector<T> load_strided(const T* x, index_t stride, index_t count) {
  if (stride == 1 && count == lanes<T>) return Vector<T>::load_unaligned(x);
  alignas(Vector<T>) T buffer[static_cast<std::size_t>(lanes<T>)];
  for (index_t lane = 0; lane < lanes<T>; ++lane) buffer[lane] = x[lane < count ? lane * stride : 0];
  return Vector<T>::load_aligned(buffer);
}

}  // namespace detail

/// Walks the output of one plane row by row. Where windows lie inside the row, `row(output, count, position, leading)`
/// takes up to a vector of neighbouring outputs at once, the first window beginning at column `position`; elsewhere `single(output, column, leading)` takes one. `leading(f)`
/// calls `f(offset)` for each row of the window. Without `vectorized`, all are single.
template <class T, std::size_t Rank, class Row, class Single>
void for_each_output(const std::array<Window, Rank>& axes, bool vectorized, Row&& row, Single&& single) {
  constexpr std::size_t leading_axes = Rank - 1;
  std::array<index_t, leading_axes> at{}, strides{};
  index_t rows = 1, stride = axes[leading_axes].input;
  for (std::size_t a = leading_axes; a-- > 0;) {
    strides[a] = stride;
    stride *= axes[a].input;
    rows *= axes[a].output;
  }
  const Window& columns = axes[leading_axes];
  // Output columns whose windows lie inside the row.
  index_t first = 0, last = vectorized ? columns.output : 0;
  while (first < last && columns.position(first, 0) < 0) ++first;
  while (last > first && columns.position(last - 1, columns.kernel - 1) >= columns.input) --last;
  for (index_t r = 0, output = 0; r < rows; ++r) {
    const auto leading = [&](auto&& f) TENON_ALWAYS_INLINE { detail::for_each_inside<0>(axes, at, strides, 0, f); };
    index_t column = 0;
    for (; column < first; ++column, ++output) single(output, column, leading);
    for (index_t count; column < last; column += count, output += count) {
      count = std::min(lanes<T>, last - column);
      row(output, count, columns.position(column, 0), leading);
    }
    for (; column < columns.output; ++column, ++output) single(output, column, leading);
    for (std::size_t a = leading_axes; a-- > 0 && ++at[a] == axes[a].output;) at[a] = 0;
  }
}

/// The largest element of each window, NaN if there is one; `largest`, unless null, gets its position in the plane: the
/// first of equal ones, the last NaN, as in PyTorch.
template <class T, int Rank>
void max_pool(const PoolGeometry<Rank>& geometry, const T* x, T* y, std::int32_t* largest) {
  using V = Vector<T>;
  const Window& columns = geometry.axes[Rank - 1];
  index_t in_size = 1, out_size = 1;
  for (const Window& axis : geometry.axes) in_size *= axis.input, out_size *= axis.output;
  alignas(V) T steps[static_cast<std::size_t>(lanes<T>)];
  for (index_t lane = 0; lane < lanes<T>; ++lane) steps[lane] = static_cast<T>(lane * columns.stride);
  const V step = V::load_aligned(steps);
  // Vectors hold positions as floating-point numbers, exact in planes up to this size.
  constexpr index_t exact = index_t{1} << std::numeric_limits<T>::digits;

  for (index_t plane = 0; plane < geometry.planes; ++plane, x += in_size, y += out_size) {
    const auto row = [&](index_t output, index_t count, index_t start, auto&& leading) {
      V best(-std::numeric_limits<T>::infinity()), at(T(-1));
      leading([&](index_t offset) {
        for (index_t k = 0; k < columns.kernel; ++k) {
          const index_t position = offset + start + k * columns.dilation;
          const V value = detail::load_strided(x + position, columns.stride, count);
          const auto better = (value > best) || xsimd::isnan(value);  // xsimd's != is false for NaN on AVX-512
          best = xsimd::select(better, value, best);
          at = xsimd::select(better || (at < V(T(0))), step + V(static_cast<T>(position)), at);
        }
      });
      store_first(best, y + output, count);
      if (!largest) return;
      alignas(V) T positions[static_cast<std::size_t>(lanes<T>)];
      at.store_aligned(positions);
      for (index_t lane = 0; lane < count; ++lane)
        largest[output + lane] = static_cast<std::int32_t>(positions[lane]);
    };
    const auto single = [&](index_t output, index_t column, auto&& leading) {
      T best = -std::numeric_limits<T>::infinity();
      index_t at = -1;
      leading([&](index_t offset) {
        for (index_t k = columns.first_inside(column); k < columns.last_inside(column); ++k) {
          const index_t position = offset + columns.position(column, k);
          const T value = x[position];
          const bool better = value > best || value != value;
          if (better || at < 0) at = position;
          if (better) best = value;
        }
      });
      y[output] = best;
      if (largest) largest[output] = static_cast<std::int32_t>(at);
    };
    for_each_output<T>(geometry.axes, in_size <= exact, row, single);
    if (largest) largest += out_size;
  }
}

/// grad_x[position] += grad_y, the gradient of picking elements.
template <class T, int Rank>
void add_at(const PoolGeometry<Rank>& geometry, const T* grad_y, const std::int32_t* position, T* grad_x) {
  index_t in_size = 1, out_size = 1;
  for (const Window& axis : geometry.axes) in_size *= axis.input, out_size *= axis.output;
  for (index_t plane = 0; plane < geometry.planes; ++plane, grad_x += in_size, grad_y += out_size, position += out_size)
    for (index_t output = 0; output < out_size; ++output)
      if (position[output] >= 0) grad_x[position[output]] += grad_y[output];
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
