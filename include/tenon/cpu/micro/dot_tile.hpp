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

/// `columns` of the tile's columns are wanted; the others repeat the last one.
template <class T, int Rows>
void dot_tile(const DotProducts<T>& p, index_t columns) {
  using V = Vector<T>;
  V sum[Rows * dot_columns];
  unroll<Rows * dot_columns>([&](auto i) TENON_ALWAYS_INLINE { sum[i] = V(T(0)); });
  const T* b[dot_columns];
  unroll<dot_columns>([&](auto j) TENON_ALWAYS_INLINE { b[j] = p.b + p.b_offsets[j < columns ? j : columns - 1]; });
  const index_t whole = p.length / lanes<T> * lanes<T>;
  const auto rest = first_lanes<T>(p.length - whole);
  const index_t a_row_stride = p.a_row_stride;
  for (index_t image = 0; image < p.images; ++image) {
    const T* a = p.a + image * p.a_image_stride;
    const index_t skip = image * p.b_image_stride;
    const auto add = [&](index_t k, auto&& load) TENON_ALWAYS_INLINE {
      V right[dot_columns];
      unroll<dot_columns>([&](auto j) TENON_ALWAYS_INLINE { right[j] = load(b[j] + skip + k); });
      unroll<Rows>([&](auto i) TENON_ALWAYS_INLINE {
        const V left = V::load_unaligned(a + i * a_row_stride + k);
        unroll<dot_columns>([&](auto j) TENON_ALWAYS_INLINE {
          V& s = sum[i * dot_columns + j];
          s = xsimd::fma(left, right[j], s);
        });
      });
    };
    for (index_t k = 0; k < whole; k += lanes<T>)
      add(k, [](const T* x) TENON_ALWAYS_INLINE { return V::load_unaligned(x); });
    if (whole < p.length)
      add(whole, [&](const T* x) TENON_ALWAYS_INLINE { return xsimd::select(rest, V::load_unaligned(x), V(T(0))); });
  }
  unroll<Rows>([&](auto i) TENON_ALWAYS_INLINE {
    unroll<dot_columns>([&](auto j) TENON_ALWAYS_INLINE {
      if (j < columns) p.c[i * p.c_row_stride + j] += sum_of_lanes(sum[i * dot_columns + j]);
    });
  });
}

template <class T>
inline constexpr auto dot_tiles = []<int... I>(std::integer_sequence<int, I...>) {
  return std::array<void (*)(const DotProducts<T>&, index_t), sizeof...(I)>{&dot_tile<T, I + 1>...};
}(std::make_integer_sequence<int, dot_rows>{});

}  // namespace detail

/// All dot products of `rows` rows of A and `columns` rows of B.
template <class T>
void add_dot_products(index_t rows, index_t columns, const DotProducts<T>& p) {
  DotProducts<T> tile = p;
  for (index_t row = 0, height; row < rows; row += height) {
    height = even_part(rows - row, dot_rows);
    tile.a = p.a + row * p.a_row_stride;
    for (index_t column = 0; column < columns; column += dot_columns) {
      tile.b_offsets = p.b_offsets + column;
      tile.c = p.c + row * p.c_row_stride + column;
      detail::dot_tiles<T>[static_cast<std::size_t>(height - 1)](tile,
                                                                 std::min(columns - column, index_t{dot_columns}));
    }
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
