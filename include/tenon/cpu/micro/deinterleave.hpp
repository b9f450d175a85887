/// \file
/// Zero-padded copies of image rows, with columns dealt out to phases.
#pragma once

#include <algorithm>

#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// 128 bits of T: the width at which zips mean the same on every instruction set.
template <class T>
using Quarter = xsimd::make_sized_batch_t<T, 16 / sizeof(T)>;

/// Splits 2 vectors of elements a0 b0 a1 b1 ... into the a and the b.
template <class Q>
TENON_ALWAYS_INLINE inline void split_pairs(Q& first, Q& second) {
  // Each zip halves the distance between elements of one kind.
  for (std::size_t distance = Q::size; distance > 1; distance /= 2) {
    const Q low = xsimd::zip_lo(first, second);
    second = xsimd::zip_hi(first, second);
    first = low;
  }
}

/// Copies a row `x` of `count` elements, with `padding` zeros before it and zeros after it, to `Phases` rows of `length`
/// elements: element c of the padded row goes to [c % Phases][c / Phases]. What does not fit is left out.
template <index_t Phases, class T>
void deinterleave(const T* x, index_t count, index_t padding, index_t length, T* y) noexcept {
  const index_t last = std::min(Phases * length, padding + count);
  const auto put = [&](index_t c, T value) { y[c % Phases * length + c / Phases] = value; };
  index_t c = 0;
  for (const index_t first = std::min(padding, last); c < first; ++c) put(c, T(0));
  if constexpr (Phases == 1) {
    if (c < last) std::copy(x, x + (last - c), y + c);
    c = std::max(c, last);
  } else if constexpr (Phases == 2) {
    using Q = Quarter<T>;
    constexpr auto size = static_cast<index_t>(Q::size);
    if (c % 2 && c < last) put(c, *x), ++c;
    for (; c + 2 * size <= last; c += 2 * size) {
      Q even = Q::load_unaligned(x + (c - padding)), odd = Q::load_unaligned(x + (c - padding) + size);
      split_pairs(even, odd);
      even.store_unaligned(y + c / 2);
      odd.store_unaligned(y + length + c / 2);
    }
  }
  for (; c < last; ++c) put(c, x[c - padding]);
  for (; c < Phases * length; ++c) put(c, T(0));
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
