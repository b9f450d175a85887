/// \file
/// Sums of the columns of matrices.
#pragma once

#include <algorithm>
#include <array>

#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Adds to each of `sums` (columns) the sum over the rows of the respective vector of f(constant, x...), an array of
/// `Count` vectors, for matrices `x` (rows, columns) and `constants` (columns), zeros if null.
///
/// Rows are added in blocks, since the more a sum has added up, the more it rounds.
template <class T, std::size_t Count, class F, class... X>
void add_column_sums(index_t rows, index_t columns, const std::array<T*, Count>& sums, const F& f, const T* constants,
                     const X*... x) {
  using V = Vector<T>;
  constexpr index_t block = 256;
  const auto add_strip = [&](index_t column, auto strip) TENON_FLATTEN {
    constexpr int vectors = strip;
    const index_t count = (std::min)(lanes<T>, columns - column);
    const auto load = [count](const T* from) TENON_ALWAYS_INLINE { return load_up_to<V>(from, count); };
    V constant[std::size_t{vectors}], total[std::size_t{vectors}][Count];
    unroll<vectors>([&](auto v) TENON_ALWAYS_INLINE {
      constant[v] = constants ? load(constants + column + v * lanes<T>) : V(T(0));
      for (std::size_t s = 0; s < Count; ++s) total[v][s] = V(T(0));
    });
    for (index_t first = 0; first < rows; first += block) {
      V part[std::size_t{vectors}][Count];
      for (auto& of_vector : part)
        for (V& sum : of_vector) sum = V(T(0));
      for (index_t row = first; row < (std::min)(rows, first + block); ++row) {
        const index_t at = row * columns + column;
        // A vector may read on into the next row; the sums of those lanes are not stored.
        const bool readable = at + vectors * lanes<T> <= rows * columns;
        unroll<vectors>([&](auto v) TENON_ALWAYS_INLINE {
          const std::array<V, Count> terms = readable ? f(constant[v], V::load_unaligned(x + at + v * lanes<T>)...)
                                                      : f(constant[v], load(x + at + v * lanes<T>)...);
          for (std::size_t s = 0; s < Count; ++s) part[v][s] += terms[s];
        });
      }
      unroll<vectors>([&](auto v) TENON_ALWAYS_INLINE {
        for (std::size_t s = 0; s < Count; ++s) total[v][s] += part[v][s];
      });
    }
    unroll<vectors>([&](auto v) TENON_ALWAYS_INLINE {
      for (std::size_t s = 0; s < Count; ++s) {
        T* const to = sums[s] + column + v * lanes<T>;
        store_first<T>(load(to) + total[v][s], to, count);
      }
    });
  };
  constexpr int wide = 4;
  index_t column = 0;
  for (; column + wide * lanes<T> <= columns; column += wide * lanes<T>)
    add_strip(column, std::integral_constant<int, wide>{});
  for (; column < columns; column += lanes<T>) add_strip(column, std::integral_constant<int, 1>{});
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
