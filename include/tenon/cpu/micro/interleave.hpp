/// \file
/// Transposes and splits on 128-bit vectors, whose zips mean the same on every instruction set.
#pragma once

#include <algorithm>

#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Transposes `short_lanes` x `short_lanes` elements.
template <class T>
TENON_ALWAYS_INLINE inline void transpose(ShortVector<T> (&rows)[static_cast<std::size_t>(short_lanes<T>)]) {
  constexpr int size = short_lanes<T>;
  // Zipping the upper with the lower half of the rows moves one bit of the row number into the column number.
  for (int distance = size; distance > 1; distance /= 2) {
    ShortVector<T> zipped[std::size_t{size}];
    unroll<size / 2>([&](auto row) TENON_ALWAYS_INLINE {
      zipped[2 * row] = xsimd::zip_lo(rows[row], rows[row + size / 2]);
      zipped[2 * row + 1] = xsimd::zip_hi(rows[row], rows[row + size / 2]);
    });
    unroll<size>([&](auto row) TENON_ALWAYS_INLINE { rows[row] = zipped[row]; });
  }
}

/// Splits two vectors that hold a0 b0 a1 b1 ... into the a and the b.
template <class T>
TENON_ALWAYS_INLINE inline void split_pairs(ShortVector<T>& first, ShortVector<T>& second) {
  for (int distance = short_lanes<T>; distance > 1; distance /= 2) {
    const ShortVector<T> low = xsimd::zip_lo(first, second);
    second = xsimd::zip_hi(first, second);
    first = low;
  }
}

/// Deals a row `x` (count) out to `y` (Phases, length): element c, counted from `start`, goes to
/// [c % Phases][c / Phases]. Elements beyond the rows' ends are left out.
template <index_t Phases, class T>
TENON_ALWAYS_INLINE inline void split_phases(const T* x, index_t count, index_t start, index_t length, T* y) noexcept {
  const index_t last = (std::min)(Phases * length, start + count);
  index_t c = start;
  if constexpr (Phases == 1) {
    if (c < last) std::copy(x, x + (last - start), y + start);
  } else {
    const auto put = [&] {
      y[c % Phases * length + c / Phases] = x[c - start];
      ++c;
    };
    if constexpr (Phases == 2) {
      if (c % 2 && c < last) put();
      for (; c + 2 * short_lanes<T> <= last; c += 2 * short_lanes<T>) {
        auto even = ShortVector<T>::load_unaligned(x + (c - start));
        auto odd = ShortVector<T>::load_unaligned(x + (c - start) + short_lanes<T>);
        split_pairs<T>(even, odd);
        even.store_unaligned(y + c / 2);
        odd.store_unaligned(y + length + c / 2);
      }
    }
    while (c < last) put();  // NOLINT(bugprone-infinite-loop): put() moves c
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
