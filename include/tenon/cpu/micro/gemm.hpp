/// \file
/// The product of plain matrices, blocked for the caches, packed where that pays.
#pragma once

#include <type_traits>

#include "dot_tile.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// A matrix in memory: element (row, column) is `data[row * row_stride + column * column_stride]`.
template <class T>
struct MatrixView {
  const T* data;
  index_t row_stride, column_stride;

  constexpr const T& operator()(index_t row, index_t column) const {
    return data[row * row_stride + column * column_stride];
  }
  constexpr MatrixView transposed() const { return {data, column_stride, row_stride}; }
};

namespace detail {

/// The cache blocks of a product: rows of A and columns of B per block, and the depth that both share. The two packed
/// blocks take a few hundred kilobytes.
template <class T>
struct GemmBlock {
  static constexpr index_t depth = 256;
  static constexpr index_t rows = 24 * tile_rows;
  static constexpr index_t columns = round_up(768 / static_cast<index_t>(sizeof(T)), tile_vectors* lanes<T>);
  // An operand that is not packed is read again for every tile of the other: it has to stay in the first-level cache.
  static constexpr index_t direct_bytes = 24 * 1024;
  // Below this many rows transposing B costs more than it saves.
  static constexpr index_t few_rows = 4;
};

/// Transposes `from` (side, side) to `to` (side, side), where the side is the lanes of a `Quad`, a 16-byte vector. Rows
/// begin `from_stride` and `to_stride` apart.
template <class Quad, class T>
TENON_ALWAYS_INLINE inline void transpose_square(const T* from, index_t from_stride, T* to, index_t to_stride) {
  const auto row = [&](index_t i) TENON_ALWAYS_INLINE { return Quad::load_unaligned(from + i * from_stride); };
  const auto store = [&](index_t i, const Quad& v) TENON_ALWAYS_INLINE { v.store_unaligned(to + i * to_stride); };
  if constexpr (Quad::size == 2) {
    store(0, xsimd::zip_lo(row(0), row(1)));
    store(1, xsimd::zip_hi(row(0), row(1)));
  } else {
    static_assert(Quad::size == 4);
    const Quad even_low = xsimd::zip_lo(row(0), row(2)), odd_low = xsimd::zip_lo(row(1), row(3));
    const Quad even_high = xsimd::zip_hi(row(0), row(2)), odd_high = xsimd::zip_hi(row(1), row(3));
    store(0, xsimd::zip_lo(even_low, odd_low));
    store(1, xsimd::zip_hi(even_low, odd_low));
    store(2, xsimd::zip_lo(even_high, odd_high));
    store(3, xsimd::zip_hi(even_high, odd_high));
  }
}

/// Copies `from` (rows, columns) to `to` (rows, columns), whose rows begin `to_stride` apart.
template <class T>
void copy_matrix(index_t rows, index_t columns, MatrixView<T> from, T* to, index_t to_stride) {
  if (from.column_stride == 1) {
    for (index_t row = 0; row < rows; ++row) std::copy_n(&from(row, 0), columns, to + row * to_stride);
    return;
  }
  index_t whole_rows = 0, whole_columns = 0;
  using Quad = ShortVector<T>;
  if constexpr (!std::is_void_v<Quad>) {
    if (from.row_stride == 1) {
      constexpr auto side = static_cast<index_t>(Quad::size);
      whole_rows = rows / side * side;
      whole_columns = columns / side * side;
      for (index_t column = 0; column < whole_columns; column += side)
        for (index_t row = 0; row < whole_rows; row += side)
          transpose_square<Quad>(&from(row, column), from.column_stride, to + row * to_stride + column, to_stride);
    }
  }
  for (index_t row = 0; row < rows; ++row)
    for (index_t column = row < whole_rows ? whole_columns : 0; column < columns; ++column)
      to[row * to_stride + column] = from(row, column);
}

/// Computes the product of few rows with a transposed matrix without packing, by dot products of contiguous rows. `c`
/// (m, n) has rows `c_row_stride` apart.
template <class T>
void multiply_few_rows(index_t m, index_t n, index_t k, MatrixView<T> a, MatrixView<T> b, Start<T> start, T* c,
                       index_t c_row_stride) {
  const index_t whole = k / lanes<T> * lanes<T>;
  for (index_t row = 0; row < m; ++row)
    for (index_t column = 0; column < n; ++column) {
      T sum = *start.at(row, column).values;
      for (index_t i = whole; i < k; ++i) sum += a(row, i) * b(i, column);
      c[row * c_row_stride + column] = sum;
    }
  std::array<index_t, 256> b_offsets;
  for (index_t column = 0, columns; column < n; column += columns) {
    columns = (std::min)(n - column, static_cast<index_t>(b_offsets.size()));
    for (index_t j = 0; j < columns; ++j) b_offsets[static_cast<std::size_t>(j)] = j * b.column_stride;
    add_dot_products<T>(m, columns,
                        {.images = 1,
                         .length = whole,
                         .a = a.data,
                         .a_row_stride = a.row_stride,
                         .a_image_stride = 0,
                         .b = &b(0, column),
                         .b_offsets = b_offsets.data(),
                         .b_image_stride = 0,
                         .c = c + column,
                         .c_row_stride = c_row_stride});
  }
}

}  // namespace detail

/// Elements of the workspace of `gemm`.
template <class T>
constexpr index_t gemm_workspace_size(index_t m, index_t n, index_t k) {
  using Block = detail::GemmBlock<T>;
  const index_t depth = (std::min)(k, Block::depth);
  return round_up((std::min)(m, Block::rows) * depth, lanes<T>) +
         depth * padded_pitch<T>((std::min)(n, Block::columns));
}

/// Computes `c = start + a b` with `a` (m, k), `b` (k, n) and `c` (m, n), whose rows begin `c_row_stride` apart.
///
/// `c` must not overlap `a` or `b`; `start` may be the matrix `c` itself. `workspace` has
/// `gemm_workspace_size<T>(m, n, k)` elements.
template <class T>
void gemm(index_t m, index_t n, index_t k, MatrixView<T> a, MatrixView<T> b, Start<std::type_identity_t<T>> start, T* c,
          index_t c_row_stride, T* workspace) {
  using Block = detail::GemmBlock<T>;
  if (m <= Block::few_rows && k >= lanes<T> && a.column_stride == 1 && b.row_stride == 1)
    return detail::multiply_few_rows<T>(m, n, k, a, b, start, c, c_row_stride);
  const auto bytes = [](index_t elements) { return elements * static_cast<index_t>(sizeof(T)); };
  const bool direct_b = b.column_stride == 1 && n % lanes<T> == 0 &&
                        (m <= 2 * tile_rows || bytes(k * b.row_stride) <= Block::direct_bytes);
  const bool direct_a = n <= 2 * tile_vectors * lanes<T> || bytes(m * k) <= Block::direct_bytes;
  std::array<index_t, static_cast<std::size_t>(Block::depth)> b_offsets;
  for (index_t depth_start = 0, depth; depth_start < k; depth_start += depth) {
    depth = even_part(k - depth_start, Block::depth);
    for (index_t row = 0, rows; row < m; row += rows) {
      rows = even_part(m - row, Block::rows);
      const MatrixView<T> a_block{&a(row, depth_start), a.row_stride, a.column_stride};
      if (!direct_a) {
        for_each_panel(rows, [&](index_t first, index_t height) {
          const MatrixView<T> panel{&a_block(first, 0), a.row_stride, a.column_stride};
          detail::copy_matrix<T>(depth, height, panel.transposed(), workspace + first * depth, height);
        });
      }
      T* const packed_b = direct_a ? workspace : workspace + round_up(rows * depth, lanes<T>);
      for (index_t column = 0, columns; column < n; column += columns) {
        columns = direct_b ? n : (std::min)(n - column, Block::columns);
        const index_t pitch = direct_b ? b.row_stride : padded_pitch<T>(columns);
        if (!direct_b)
          detail::copy_matrix<T>(depth, columns, {&b(depth_start, column), b.row_stride, b.column_stride}, packed_b,
                                 pitch);
        for (index_t i = 0; i < depth; ++i) b_offsets[static_cast<std::size_t>(i)] = i * pitch;
        multiply<T>({.rows = rows,
                     .columns = columns,
                     .depth = depth,
                     .a = direct_a ? a_block.data : workspace,
                     .a_row_stride = a.row_stride,
                     .a_depth_stride = a.column_stride,
                     .b = direct_b ? &b(depth_start, column) : packed_b,
                     .b_offsets = b_offsets.data(),
                     .start = depth_start == 0 ? start.at(row, column)
                                               : Start<T>::matrix(c + row * c_row_stride + column, c_row_stride),
                     .c = c + row * c_row_stride + column,
                     .c_row_stride = c_row_stride},
                    !direct_a);
      }
    }
  }
}

/// Computes `c = a b`, or `c += a b` with `accumulate`; shapes are as above.
template <class T>
void gemm(index_t m, index_t n, index_t k, MatrixView<T> a, MatrixView<T> b, T* c, index_t c_row_stride,
          bool accumulate, T* workspace) {
  gemm<T>(m, n, k, a, b, accumulate ? Start<T>::matrix(c, c_row_stride) : Start<T>::zero(), c, c_row_stride, workspace);
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
