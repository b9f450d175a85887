/// \file
/// Normalization of groups of channels in blocked images.
#pragma once

#include "normalization.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Returns, for each lane of `x` (pixels, lanes), the sum of the distances to `center` and the sum of their squares.
template <class T>
std::array<Vector<T>, 2> lane_sums(index_t pixels, const Vector<T>& center, const T* x) {
  using V = Vector<T>;
  constexpr int chains = 4;
  V sums[chains], squares[chains];
  for (int c = 0; c < chains; ++c) sums[c] = squares[c] = V(T(0));
  const auto add = [&](int c, index_t pixel) TENON_ALWAYS_INLINE {
    const V d = distance(V::load_unaligned(x + pixel * lanes<T>), center);
    sums[c] += d;
    squares[c] = xsimd::fma(d, d, squares[c]);
  };
  index_t pixel = 0;
  for (; pixel + chains <= pixels; pixel += chains)
    unroll<chains>([&](auto c) TENON_ALWAYS_INLINE { add(c, pixel + c); });
  for (; pixel < pixels; ++pixel) add(0, pixel);
  return {(sums[0] + sums[1]) + (sums[2] + sums[3]), (squares[0] + squares[1]) + (squares[2] + squares[3])};
}

/// Computes y = f(normalised x * weight + bias) for one sample in blocked layout, in `groups` of neighbouring channels,
/// as `moments` and `normalize` do for plain images. `x` and `y` (blocks, pixels, lanes) may be the same; `weight` and
/// `bias` (blocks * lanes) are zero in spare lanes; `workspace` has 3 * blocks * lanes elements.
template <class T, class F>
void normalize_blocked(index_t channels, index_t pixels, index_t groups, double eps, const T* weight, const T* bias,
                       const T* x, T* y, T* workspace, const F& f) {
  using V = Vector<T>;
  const index_t padded = vectors_for<T>(channels) * lanes<T>, group_channels = channels / groups;
  const auto count = static_cast<double>(group_channels * pixels);
  T *center = workspace, *sums = center + padded, *squares = sums + padded;
  T *const scale = sums, *const shift = squares;  // take the place of the sums
  const auto sum_lanes_apart = [&] {
    for (index_t c = 0; c < padded; c += lanes<T>) {
      const auto [sum, square] = lane_sums<T>(pixels, V::load_unaligned(center + c), x + c * pixels);
      sum.store_unaligned(sums + c);
      square.store_unaligned(squares + c);
    }
  };
  const auto mean_of = [&](index_t group, const T* values) {
    double total = 0;
    for (index_t c = group * group_channels; c < (group + 1) * group_channels; ++c)
      total += static_cast<double>(values[c]);
    return total / count;
  };
  // As in `moments`, first find a center close to the mean, here from the distances to the group's first element.
  std::fill_n(center, padded, T(0));
  for (index_t g = 0; g < groups; ++g) {
    const index_t c = g * group_channels, lane = c % lanes<T>;
    std::fill_n(center + c, group_channels, x[(c - lane) * pixels + lane]);
  }
  sum_lanes_apart();
  for (index_t g = 0; g < groups; ++g) {
    T* const of_group = center + g * group_channels;
    std::fill_n(of_group, group_channels, static_cast<T>(static_cast<double>(*of_group) + mean_of(g, sums)));
  }
  sum_lanes_apart();
  for (index_t g = 0; g < groups; ++g) {
    const double rest = mean_of(g, sums), variance = mean_of(g, squares) - rest * rest;
    const Moments<T> moments{{center[g * group_channels], static_cast<T>(rest)}, variance < 0 ? 0 : variance};
    const T inverse = moments.inverse_deviation(eps);
    for (index_t c = g * group_channels; c < (g + 1) * group_channels; ++c) {
      scale[c] = inverse * weight[c];
      shift[c] = bias[c] + moments.mean.shift(scale[c]);
    }
  }
  for (T* unused : {scale, shift}) std::fill_n(unused + channels, padded - channels, T(0));
  for (index_t c = 0; c < padded; c += lanes<T>)
    map<T>(
        pixels * lanes<T>,
        [&, m = V::load_unaligned(center + c), a = V::load_unaligned(scale + c), b = V::load_unaligned(shift + c)](
            const V& v) TENON_ALWAYS_INLINE { return f(xsimd::fma(distance(v, m), a, b)); },
        y + c * pixels, x + c * pixels);
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
