/// \file
/// A register tile of a matrix product, a sum of outer products. With the dot products of dot_tile.hpp, all matrix work
/// of training runs on it.
///
/// Sizes arrive at run time, so every layer of one element type shares one set of kernels.
#pragma once

#include <algorithm>
#include <array>

#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Accumulators of one tile: rows of A x vectors of B. The operands of a step fit beside them in the register file.
inline constexpr int tile_rows = vector_registers == 32 ? 8 : 6;
inline constexpr int tile_vectors = vector_registers == 32 ? 3 : 2;

/// Returns the size of the next part when `count` is cut into the fewest parts of at most `limit`, as evenly as
/// possible.
constexpr index_t even_part(index_t count, index_t limit) {
  const index_t parts = (count + limit - 1) / limit;
  return (count + parts - 1) / parts;
}

/// Returns the smallest multiple of `multiple` that is not below `count`.
constexpr index_t round_up(index_t count, index_t multiple) { return (count + multiple - 1) / multiple * multiple; }

/// Returns the distance of packed rows: an odd number of vectors, because rows a power of two apart evict each other
/// from the cache.
template <class T>
constexpr index_t padded_pitch(index_t columns) {
  return (vectors_for<T>(columns) | 1) * lanes<T>;
}

/// The values that a product (rows, columns) is added to: `values[row * row_stride + column * column_stride]`.
template <class T>
struct Start {
  const T* values;
  index_t row_stride, column_stride;  // column_stride is 0 or 1

  static constexpr Start zero() { return {&zero_value, 0, 0}; }
  /// Returns one value per row, `bias` (rows), or zero where it is null.
  static constexpr Start per_row(const T* bias) { return bias ? Start{bias, 1, 0} : zero(); }
  /// Returns one value per column, `bias` (columns), or zero where it is null.
  static constexpr Start per_column(const T* bias) { return bias ? Start{bias, 0, 1} : zero(); }
  /// Returns the elements of the matrix `c` (rows, columns), whose rows begin `row_stride` apart.
  static constexpr Start matrix(const T* c, index_t row_stride) { return {c, row_stride, 1}; }

  constexpr Start at(index_t row, index_t column) const {
    return {values + row * row_stride + column * column_stride, row_stride, column_stride};
  }

 private:
  static constexpr T zero_value = T(0);
};

/// The operands of `c = start + a b`, a block of a matrix product.
///
/// Row k of `b` lies at `b + b_offsets[k]`: the rows may overlap, which is how a convolution reads its input without
/// unfolding it. Each row must be readable up to the next multiple of the vector size.
template <class T>
struct Product {
  index_t rows, columns, depth;
  const T* a;  // (rows, depth), or packed by panels
  index_t a_row_stride, a_depth_stride;
  const T* b;                // (depth, columns)
  const index_t* b_offsets;  // (depth)
  Start<T> start;
  T* c;  // (rows, columns)
  index_t c_row_stride;
};

namespace detail {

/// Computes a block of `Rows` rows and `Vectors` vectors of columns.
///
/// Loops of constant bounds under a pragma leave the accumulators in registers just as a pack expansion does, and
/// compile four times faster.
template <class T, int Rows, int Vectors>
void product_tile(const Product<T>& p) {
  using V = Vector<T>;
  // A matrix is added at the end, because it may hold the sum of the blocks before this one: the larger a sum is, the
  // more each addition rounds.
  const bool from_rows = p.start.column_stride == 0;
  V sum[std::size_t{Rows}][std::size_t{Vectors}];
#pragma GCC unroll 8
  for (int row = 0; row < Rows; ++row) {
    const V first(from_rows ? p.start.values[row * p.start.row_stride] : T(0));
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) sum[row][v] = first;
  }
  const T* a = p.a;
  const index_t *offset = p.b_offsets, *const last_offset = offset + p.depth;
  for (; offset != last_offset; ++offset, a += p.a_depth_stride) {
    V right[std::size_t{Vectors}];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) right[v] = V::load_unaligned(p.b + *offset + v * lanes<T>);
#pragma GCC unroll 8
    for (int row = 0; row < Rows; ++row) {
      const V left(a[row * p.a_row_stride]);
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) sum[row][v] = xsimd::fma(left, right[v], sum[row][v]);
    }
  }
  if (!from_rows) {
#pragma GCC unroll 8
    for (int row = 0; row < Rows; ++row)
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v)
        sum[row][v] += V::load_unaligned(p.start.values + row * p.start.row_stride + v * lanes<T>);
  }
#pragma GCC unroll 8
  for (int row = 0; row < Rows; ++row)
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) sum[row][v].store_unaligned(p.c + row * p.c_row_stride + v * lanes<T>);
}

template <class T>
using ProductTile = void (*)(const Product<T>&);

/// The kernels, by (rows - 1) * tile_vectors + (vectors - 1).
template <class T>
inline constexpr auto product_tiles = []<int... I>(std::integer_sequence<int, I...>) {
  return std::array<ProductTile<T>, sizeof...(I)>{&product_tile<T, I / tile_vectors + 1, I % tile_vectors + 1>...};
}(std::make_integer_sequence<int, tile_rows * tile_vectors>{});

/// Computes a tile whose last vector sticks out of C, in a buffer from which it is then copied.
template <class T>
void partial_product_tile(ProductTile<T> kernel, Product<T> p) {
  constexpr index_t width = tile_vectors * lanes<T>;
  alignas(Vector<T>) T buffer[static_cast<std::size_t>(tile_rows * width)] = {};
  T* const c = p.c;
  const index_t c_row_stride = p.c_row_stride;
  if (p.start.column_stride != 0) {
    for (index_t row = 0; row < p.rows; ++row)
      std::copy_n(p.start.values + row * p.start.row_stride, p.columns, buffer + row * width);
    p.start = Start<T>::matrix(buffer, width);
  }
  p.c = buffer;
  p.c_row_stride = width;
  kernel(p);
  for (index_t row = 0; row < p.rows; ++row) std::copy_n(buffer + row * width, p.columns, c + row * c_row_stride);
}

}  // namespace detail

/// Calls `f(first_row, rows)` for each panel of A, the rows of one tile. A packed panel is (depth, rows), so that a
/// tile reads one stream; panels follow each other.
template <class F>
TENON_ALWAYS_INLINE constexpr void for_each_panel(index_t rows, F&& f) {
  for (index_t row = 0, height; row < rows; row += height) {
    height = even_part(rows - row, tile_rows);
    f(row, height);
  }
}

/// Computes a block, tile by tile. With `panels`, `a` is packed by panels.
template <class T>
void multiply(const Product<T>& p, bool panels) {
  Product<T> tile = p;
  for (index_t column = 0; column < p.columns; column += tile.columns) {
    const index_t vectors = even_part(vectors_for<T>(p.columns - column), tile_vectors);
    tile.columns = (std::min)(vectors * lanes<T>, p.columns - column);
    tile.b = p.b + column;
    for_each_panel(p.rows, [&](index_t row, index_t height) {
      tile.rows = height;
      if (panels) {
        tile.a = p.a + row * p.depth;
        tile.a_row_stride = 1;
        tile.a_depth_stride = height;
      } else {
        tile.a = p.a + row * p.a_row_stride;
      }
      tile.start = p.start.at(row, column);
      tile.c = p.c + row * p.c_row_stride + column;
      const auto kernel = detail::product_tiles<T>[static_cast<std::size_t>((height - 1) * tile_vectors + vectors - 1)];
      if (tile.columns == vectors * lanes<T>)
        kernel(tile);
      else
        detail::partial_product_tile<T>(kernel, tile);
    });
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
