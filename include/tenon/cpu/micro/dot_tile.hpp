/// \file
/// A register tile of dot products. A weight gradient consists of them: sums over all pixels and images.
#pragma once

#include <array>
#include <numeric>
#include <type_traits>

#include "register_tile.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Accumulators of one tile: rows of A x rows of B, each a vector of partial sums.
inline constexpr int dot_rows = vector_registers == 32 ? 5 : 2;
inline constexpr int dot_columns = 4;

/// The operands of `c(i, j) += sum over images of dot(a row i, b row j)`, where rows have `length` elements.
///
/// All rows must be readable up to the next multiple of the vector size; what is there has no effect.
template <class T>
struct DotBlock {
  index_t images, length;
  const T* a;  // (images, rows, length)
  index_t a_row_stride, a_image_stride;
  const T* b;                // (images, columns, length)
  const index_t* b_offsets;  // (columns): where each row of an image of b begins
  index_t b_image_stride;
  T* c;  // (rows, columns)
  index_t c_row_stride;
};

namespace detail {

/// Returns the sum of a vector's elements, added by halves.
template <class V>
TENON_ALWAYS_INLINE inline typename V::value_type sum_of_lanes(const V& v) {
  using T = typename V::value_type;
  constexpr std::size_t half = V::size / 2;
  using Half = SizedVector<T, half>;
  alignas(V) T elements[V::size];
  v.store_aligned(elements);
  if constexpr (std::is_void_v<Half>)
    return std::accumulate(elements + 1, elements + V::size, elements[0]);
  else
    return sum_of_lanes(Half::load_aligned(elements) + Half::load_aligned(elements + half));
}

/// Returns a mask that is true in the first `count` lanes.
template <class T>
inline auto first_lanes(index_t count) {
  static constexpr auto indices = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<T, sizeof...(I)>{static_cast<T>(I)...};
  }(std::make_index_sequence<static_cast<std::size_t>(lanes<T>)>{});
  return Vector<T>::load_unaligned(indices.data()) < Vector<T>(static_cast<T>(count));
}

/// The sums of one row of a tile, a vector of partial sums each.
template <class T>
using DotSums = Vector<T>[dot_columns];

/// Adds the halves of a vector until a `Batch` is left. It goes through memory: the shuffles of wide vectors depend on
/// the instruction set, and a narrower load is served from the store buffer.
template <class Batch, class V>
TENON_ALWAYS_INLINE inline Batch fold(const V& v) {
  if constexpr (V::size == Batch::size) {
    return v;
  } else {
    using Half = SizedVector<typename V::value_type, V::size / 2>;
    alignas(V) typename V::value_type elements[V::size];
    v.store_aligned(elements);
    return fold<Batch>(Half::load_aligned(elements) + Half::load_aligned(elements + V::size / 2));
  }
}

/// Adds the sum of each vector's elements to `c` (dot_columns).
template <class T>
inline void add_sums(const DotSums<T>& sums, T* c) {
  using Quad = ShortVector<T>;
  const Quad quads[dot_columns] = {fold<Quad>(sums[0]), fold<Quad>(sums[1]), fold<Quad>(sums[2]), fold<Quad>(sums[3])};
  // Two vectors are interleaved and added, then two such sums: each step halves the number of summands.
  const auto interleaved = [](const Quad& a, const Quad& b) { return xsimd::zip_lo(a, b) + xsimd::zip_hi(a, b); };
  if constexpr (Quad::size == 2) {
    (Quad::load_unaligned(c) + interleaved(quads[0], quads[1])).store_unaligned(c);
    (Quad::load_unaligned(c + 2) + interleaved(quads[2], quads[3])).store_unaligned(c + 2);
  } else {
    const Quad even = interleaved(quads[0], quads[2]), odd = interleaved(quads[1], quads[3]);
    (Quad::load_unaligned(c) + interleaved(even, odd)).store_unaligned(c);
  }
}

/// Computes the dot products of the first `Rows` rows of A with the rows of B that begin at `b_offsets` (dot_columns)
/// and writes them to `sums` (Rows).
template <class T, int Rows>
void dot_tile(const DotBlock<T>& p, const index_t* b_offsets, DotSums<T>* sums) {
  using V = Vector<T>;
  DotSums<T> sum[std::size_t{Rows}];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < dot_columns; ++j) sum[i][j] = V(T(0));
  const index_t whole = p.length / lanes<T> * lanes<T>;
  const auto rest = first_lanes<T>(p.length - whole);
  for (index_t image = 0; image < p.images; ++image) {
    const T* a = p.a + image * p.a_image_stride;
    const T* b = p.b + image * p.b_image_stride;
    for (index_t k = 0; k < p.length; k += lanes<T>) {
      V left[std::size_t{Rows}], right[dot_columns];
#pragma GCC unroll 8
      for (int i = 0; i < Rows; ++i) left[i] = V::load_unaligned(a + i * p.a_row_stride + k);
#pragma GCC unroll 8
      for (int j = 0; j < dot_columns; ++j) right[j] = V::load_unaligned(b + b_offsets[j] + k);
      // Elements past the end may be anything, NaN included, so both sides are cleared. (That also keeps `left` in
      // registers: g++ folds a plain load into each of its products, which read it from memory again.)
      if (k == whole) {
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i) left[i] = xsimd::select(rest, left[i], V(T(0)));
#pragma GCC unroll 8
        for (int j = 0; j < dot_columns; ++j) right[j] = xsimd::select(rest, right[j], V(T(0)));
      }
#pragma GCC unroll 8
      for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 8
        for (int j = 0; j < dot_columns; ++j) sum[i][j] = xsimd::fma(left[i], right[j], sum[i][j]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < dot_columns; ++j) sums[i][j] = sum[i][j];
}

template <class T>
inline constexpr auto dot_tiles = []<int... I>(std::integer_sequence<int, I...>) {
  return std::array<void (*)(const DotBlock<T>&, const index_t*, DotSums<T>*), sizeof...(I)>{&dot_tile<T, I + 1>...};
}(std::make_integer_sequence<int, dot_rows>{});

}  // namespace detail

/// Adds the dot products of all `rows` rows of A and `columns` rows of B to C.
template <class T>
void add_dot_products(index_t rows, index_t columns, const DotBlock<T>& p) {
  DotBlock<T> tile = p;
  for (index_t row = 0, height; row < rows; row += height) {
    height = even_part(rows - row, dot_rows);
    tile.a = p.a + row * p.a_row_stride;
    const auto kernel = detail::dot_tiles<T>[static_cast<std::size_t>(height - 1)];
    for (index_t column = 0; column < columns; column += dot_columns) {
      const index_t width = (std::min)(columns - column, index_t{dot_columns});
      index_t offsets[dot_columns];  // past the last column it is the last one again, whose results are dropped
      for (index_t j = 0; j < dot_columns; ++j) offsets[j] = p.b_offsets[column + (std::min)(j, width - 1)];
      detail::DotSums<T> sums[dot_rows];
      kernel(tile, offsets, sums);
      for (index_t i = 0; i < height; ++i) {
        T* c = p.c + (row + i) * p.c_row_stride + column;
        if (width == dot_columns) {
          detail::add_sums<T>(sums[i], c);
        } else {
          T partial[dot_columns] = {};
          detail::add_sums<T>(sums[i], partial);
          for (index_t j = 0; j < width; ++j) c[j] += partial[j];
        }
      }
    }
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
