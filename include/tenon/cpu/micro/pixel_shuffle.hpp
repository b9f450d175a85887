/// \file
/// The pixel shuffle, where Factor^2 channels become a square of pixels, and its gradient.
#pragma once

#include "interleave.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

namespace detail {

/// Calls `row(input offset, output offset)` for each row of output pixels. It consists of a row of `Factor` input
/// channels each, from the input offset on, height * width apart; neighbours of one of them are `Factor` elements apart
/// in it.
template <index_t Factor, class Row>
void for_each_shuffled_row(index_t groups, index_t height, index_t width, Row&& row) {
  for (index_t group = 0; group < groups; ++group)
    for (index_t h = 0; h < height; ++h)
      for (index_t i = 0; i < Factor; ++i)
        row(((group * Factor + i) * Factor * height + h) * width, ((group * height + h) * Factor + i) * width * Factor);
}

}  // namespace detail

/// Copies `x` (groups, Factor, Factor, height, width) to `y` (groups, height, Factor, width, Factor).
template <index_t Factor, class T>
void pixel_shuffle(index_t groups, index_t height, index_t width, const T* x, T* y) noexcept {
  const index_t channel = height * width;
  detail::for_each_shuffled_row<Factor>(groups, height, width, [&](index_t from, index_t to) {
    index_t w = 0;
    if constexpr (Factor == 2)
      for (; w + short_lanes<T> <= width; w += short_lanes<T>) {
        const auto even = ShortVector<T>::load_unaligned(x + from + w);
        const auto odd = ShortVector<T>::load_unaligned(x + from + channel + w);
        xsimd::zip_lo(even, odd).store_unaligned(y + to + 2 * w);
        xsimd::zip_hi(even, odd).store_unaligned(y + to + 2 * w + short_lanes<T>);
      }
    for (; w < width; ++w)
      for (index_t j = 0; j < Factor; ++j) y[to + w * Factor + j] = x[from + j * channel + w];
  });
}

/// Copies `grad_y` (groups, height, Factor, width, Factor) back to `grad_x` (groups, Factor, Factor, height, width), or
/// adds it with `accumulate`.
template <index_t Factor, class T>
void pixel_shuffle_gradient(index_t groups, index_t height, index_t width, bool accumulate, const T* grad_y,
                            T* grad_x) noexcept {
  const index_t channel = height * width;
  detail::for_each_shuffled_row<Factor>(groups, height, width, [&](index_t to, index_t from) {
    for (index_t w = 0; w < width; ++w)
      for (index_t j = 0; j < Factor; ++j) {
        T& gradient = grad_x[to + j * channel + w];
        gradient = (accumulate ? gradient : T(0)) + grad_y[from + w * Factor + j];
      }
  });
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
