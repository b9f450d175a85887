/// \file
/// A register tile of dot products: the sums over all pixels and images that make a weight gradient.
#pragma once

#include <array>
#include <numeric>
#include <type_traits>

#include "register_tile.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Accumulators of one tile: rows of A x rows of B, each a vector of partial sums.
inline constexpr int dot_rows = vector_registers == 32 ? 6 : 4;
inline constexpr int dot_columns = vector_registers == 32 ? 4 : 3;

/// `c[i * c_row_stride + j] += sum over images of dot(a row i, b row j)`.
///
/// Rows of `a` are padded with zeros to whole vectors; rows of `b` are readable that far, whatever is there.
template <class T>
struct DotProducts {
  index_t images, length;
  const T* a;
  index_t a_row_stride, a_image_stride;
  const T* b;
  const index_t* b_offsets;
  index_t b_image_stride;
  T* c;
  index_t c_row_stride;
};

namespace detail {

/// Sum of a vector's elements, by halves.
template <class V>
TENON_ALWAYS_INLINE inline typename V::value_type sum_of_lanes(const V& v) {
  using T = typename V::value_type;
  constexpr std::size_t half = V::size / 2;
  using Half = xsimd::make_sized_batch_t<T, half>;
  alignas(V) T elements[V::size];
  v.store_aligned(elements);
  if constexpr (std::is_void_v<Half>)
    return std::accumulate(elements + 1, elements + V::size, elements[0]);
  else
    return sum_of_lanes(Half::load_aligned(elements) + Half::load_aligned(elements + half));
}

/// True in the first `count` lanes.
template <class T>
inline auto first_lanes(index_t count) {
  static constexpr auto indices = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<T, sizeof...(I)>{static_cast<T>(I)...};
  }(std::make_index_sequence<static_cast<std::size_t>(lanes<T>)>{});
  return Vector<T>::load_unaligned(indices.data()) < Vector<T>(static_cast<T>(count));
}

/// Sums of one tile, still one vector each: (dot_rows, dot_columns).
template <class T>
using DotSums = std::array<std::array<Vector<T>, dot_columns>, dot_rows>;

/// One step of a tile: `load` reads the rows of B.
template <class T, int Rows, class Load>
TENON_ALWAYS_INLINE inline void add_products(const T* a, index_t a_row_stride, const T* const* b, index_t k,
                                             Load&& load, Vector<T> (&sum)[Rows][dot_columns]) {
  Vector<T> right[dot_columns];
#pragma GCC unroll 8
  for (int j = 0; j < dot_columns; ++j) right[j] = load(b[j] + k);
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
    const auto left = Vector<T>::load_unaligned(a + i * a_row_stride + k);
#pragma GCC unroll 8
    for (int j = 0; j < dot_columns; ++j) sum[i][j] = xsimd::fma(left, right[j], sum[i][j]);
  }
}

template <class T, int Rows>
void dot_tile(const DotProducts<T>& p, const index_t* b_offsets, DotSums<T>& sums) {
  using V = Vector<T>;
  V sum[Rows][dot_columns];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < dot_columns; ++j) sum[i][j] = V(T(0));
  const index_t whole = p.length / lanes<T> * lanes<T>;
  const auto rest = first_lanes<T>(p.length - whole);
  for (index_t image = 0; image < p.images; ++image) {
    const T* a = p.a + image * p.a_image_stride;
    const T* b[dot_columns];
#pragma GCC unroll 8
    for (int j = 0; j < dot_columns; ++j) b[j] = p.b + image * p.b_image_stride + b_offsets[j];
    for (index_t k = 0; k < whole; k += lanes<T>)
      add_products<T, Rows>(a, p.a_row_stride, b, k, [](const T* x) { return V::load_unaligned(x); }, sum);
    if (whole < p.length)
      add_products<T, Rows>(
          a, p.a_row_stride, b, whole, [&](const T* x) { return xsimd::select(rest, V::load_unaligned(x), V(T(0))); },
          sum);
  }
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < dot_columns; ++j) sums[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = sum[i][j];
}

template <class T>
inline constexpr auto dot_tiles = []<int... I>(std::integer_sequence<int, I...>) {
  return std::array<void (*)(const DotProducts<T>&, const index_t*, DotSums<T>&), sizeof...(I)>{&dot_tile<T, I + 1>...};
}(std::make_integer_sequence<int, dot_rows>{});

}  // namespace detail

/// All dot products of `rows` rows of A and `columns` rows of B.
template <class T>
void add_dot_products(index_t rows, index_t columns, const DotProducts<T>& p) {
  DotProducts<T> tile = p;
  for (index_t row = 0, height; row < rows; row += height) {
    height = even_part(rows - row, dot_rows);
    tile.a = p.a + row * p.a_row_stride;
    const auto kernel = detail::dot_tiles<T>[static_cast<std::size_t>(height - 1)];
    for (index_t column = 0; column < columns; column += dot_columns) {
      const index_t width = std::min(columns - column, index_t{dot_columns});
      index_t offsets[dot_columns];  // past the last column: the last one again, computed and dropped
      for (index_t j = 0; j < dot_columns; ++j) offsets[j] = p.b_offsets[column + std::min(j, width - 1)];
      detail::DotSums<T> sums;
      kernel(tile, offsets, sums);
      for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j)
          p.c[(row + i) * p.c_row_stride + column + j] +=
              detail::sum_of_lanes(sums[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]);
    }
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
