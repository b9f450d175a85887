/// \file
/// Copies between a tensor and a strided view of another one: what `host::gather` and `host::scatter` do.
#pragma once

#include <algorithm>
#include <type_traits>

#include "../../core/pointwise.hpp"
#include "interleave.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

namespace detail {

/// Calls f(element, position) for each position of the first `Rank - Inner` axes of `view`: the number of the first
/// element there, and the position of that element in the view.
template <std::size_t Inner, std::size_t Axis = 0, std::size_t Rank, class F>
void for_each_outer(const StridedView<Rank>& view, index_t element, index_t position, index_t size, const F& f) {
  if constexpr (Axis + Inner == Rank) {
    f(element, position);
  } else {
    size /= view.extents[Axis];
    for (index_t i = 0; i < view.extents[Axis]; ++i)
      for_each_outer<Inner, Axis + 1>(view, element + i * view.strides[Axis], position + i * size, size, f);
  }
}
template <std::size_t Inner, std::size_t Rank, class F>
void for_each_outer(const StridedView<Rank>& view, const F& f) {
  for_each_outer<Inner>(view, view.offset, 0, view.size(), f);
}

/// Whether the last two axes of `view` are those of a transposed matrix.
template <std::size_t Rank>
bool is_transposed(const StridedView<Rank>& view) {
  if constexpr (Rank < 2)
    return false;
  else
    return view.strides[Rank - 2] == 1;
}

/// Calls f(r, c) for all r in [0, rows) and c in [0, columns), in tiles that stay in the cache while one of two
/// matrices is read and the other one written across its rows.
template <class F>
void for_each_in_tiles(index_t rows, index_t columns, const F& f) {
  constexpr index_t tile = 16;
  for (index_t r = 0; r < rows; r += tile)
    for (index_t c = 0; c < columns; c += tile)
      for (index_t i = r; i < (std::min)(r + tile, rows); ++i)
        for (index_t j = c; j < (std::min)(c + tile, columns); ++j) f(i, j);
}

/// Copies the transpose of `x`, (columns, rows) whose rows are `stride` elements apart, to `y` (rows, columns).
template <class T>
void transpose_copy(index_t rows, index_t columns, index_t stride, const T* x, T* y) noexcept {
  index_t whole_rows = 0, whole_columns = 0;  // of square tiles
  if constexpr (std::is_floating_point_v<T>) {
    constexpr int size = short_lanes<T>;
    constexpr index_t line = (std::max)(index_t{size}, index_t{64 / sizeof(T)});  // elements of a cache line
    whole_rows = rows - rows % size;
    whole_columns = columns - columns % size;
    for (index_t begin = 0; begin < whole_rows; begin += line)
      for (index_t c = 0; c < whole_columns; c += size)
        for (index_t r = begin; r < (std::min)(begin + line, whole_rows); r += size) {
          ShortVector<T> tile[std::size_t{size}];
          unroll<size>([&](auto i)
                           TENON_ALWAYS_INLINE { tile[i] = ShortVector<T>::load_unaligned(x + (c + i) * stride + r); });
          transpose<T>(tile);
          unroll<size>([&](auto i) TENON_ALWAYS_INLINE { tile[i].store_unaligned(y + (r + i) * columns + c); });
        }
  }
  const auto copy = [&](index_t r, index_t c) { y[r * columns + c] = x[c * stride + r]; };
  for_each_in_tiles(whole_rows, columns - whole_columns, [&](index_t r, index_t c) { copy(r, whole_columns + c); });
  for_each_in_tiles(rows - whole_rows, columns, [&](index_t r, index_t c) { copy(whole_rows + r, c); });
}

}  // namespace detail

/// Copies the elements of `x` that `view` names to `y` (view.size()): y[i] = x[view(i)].
template <std::size_t Rank, class T>
void gather(const StridedView<Rank>& view, const T* x, T* y) noexcept {
  const index_t count = view.extents[Rank - 1], stride = view.strides[Rank - 1];
  if (stride == 1) {
    detail::for_each_outer<1>(
        view, [&](index_t element, index_t position) { std::copy_n(x + element, count, y + position); });
  } else if (detail::is_transposed(view)) {
    if constexpr (Rank >= 2)
      detail::for_each_outer<2>(view, [&](index_t element, index_t position) {
        detail::transpose_copy(view.extents[Rank - 2], count, stride, x + element, y + position);
      });
  } else {
    detail::for_each_outer<1>(view, [&](index_t element, index_t position) {
      for (index_t i = 0; i < count; ++i) y[position + i] = x[element + i * stride];
    });
  }
}

/// Copies `y` (view.size()) to the elements of `x` that `view` names, x[view(i)] = y[i], or adds it with `accumulate`.
template <std::size_t Rank, class T>
void scatter(const StridedView<Rank>& view, bool accumulate, const T* y, T* x) noexcept {
  const index_t count = view.extents[Rank - 1], stride = view.strides[Rank - 1];
  const auto put = [accumulate](T& to, T from) { to = accumulate ? to + from : from; };
  if (stride == 1) {
    detail::for_each_outer<1>(view, [&](index_t element, index_t position) {
      map_gradient<T>(count, accumulate, pointwise::Identity{}, x + element, y + position);
    });
  } else if (detail::is_transposed(view)) {
    if constexpr (Rank >= 2)
      detail::for_each_outer<2>(view, [&](index_t element, index_t position) {
        detail::for_each_in_tiles(view.extents[Rank - 2], count, [&](index_t r, index_t c) {
          put(x[element + r + c * stride], y[position + r * count + c]);
        });
      });
  } else {
    detail::for_each_outer<1>(view, [&](index_t element, index_t position) {
      for (index_t i = 0; i < count; ++i) put(x[element + i * stride], y[position + i]);
    });
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro

namespace tenon::inline TENON_ISA {

template <std::size_t Rank, class T>
void host::gather(const StridedView<Rank>& view, const T* x, T* y) {
  cpu::micro::gather(view, x, y);
}
template <std::size_t Rank, class T>
void host::scatter(const StridedView<Rank>& view, bool accumulate, const T* y, T* x) {
  cpu::micro::scatter(view, accumulate, y, x);
}

}  // namespace tenon::inline TENON_ISA
