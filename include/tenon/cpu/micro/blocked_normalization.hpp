/// \file
/// Normalization of groups of channels in blocked images.
#pragma once

#include "normalization.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Of `pixels` vectors: the sums of their distances to `center` and of the squares of these, per lane.
template <class T>
std::array<Vector<T>, 2> lane_sums(index_t pixels, const Vector<T>& center, const T* x) {
  using V = Vector<T>;
  constexpr int chains = 4;
  V sums[chains], squares[chains];
  for (int c = 0; c < chains; ++c) sums[c] = squares[c] = V(T(0));
  const auto add = [&](int c, index_t pixel) TENON_ALWAYS_INLINE {
    const V distance = V::load_unaligned(x + pixel * lanes<T>) - center;
    sums[c] += distance;
    squares[c] = xsimd::fma(distance, distance, squares[c]);
  };
  index_t pixel = 0;
  for (; pixel + chains <= pixels; pixel += chains)
    unroll<chains>([&](auto c) TENON_ALWAYS_INLINE { add(c, pixel + c); });
  for (; pixel < pixels; ++pixel) add(0, pixel);
  return {(sums[0] + sums[1]) + (sums[2] + sums[3]), (squares[0] + squares[1]) + (squares[2] + squares[3])};
}

/// `moments` and `normalize` of all groups of one sample, an image in blocked layout: (blocks, pixels, lanes), `groups`
/// of neighbouring channels. Weight and bias have zeros where channels do not fill the last block; `workspace` is room
/// for three times as many elements.
template <class T, class F>
void normalize_blocked(index_t channels, index_t pixels, index_t groups, double eps, const T* weight, const T* bias,
                       const T* x, T* y, T* workspace, const F& f) {
  using V = Vector<T>;
  const index_t padded = vectors_for<T>(channels) * lanes<T>, group_channels = channels / groups;
  const auto count = static_cast<double>(group_channels * pixels);
  T *center = workspace, *sums = center + padded, *squares = sums + padded;
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
  // As in `moments`: a center close to the mean first.
  std::fill_n(center, padded, T(0));
  sum_lanes_apart();
  for (index_t g = 0; g < groups; ++g)
    std::fill_n(center + g * group_channels, group_channels, static_cast<T>(mean_of(g, sums)));
  sum_lanes_apart();
  std::fill_n(sums + channels, padded - channels, T(0));
  for (index_t g = 0; g < groups; ++g) {
    const double rest = mean_of(g, sums), variance = mean_of(g, squares) - rest * rest;
    const T inverse = inverse_deviation(static_cast<T>(variance < 0 ? 0 : variance), eps);
    for (index_t c = g * group_channels; c < (g + 1) * group_channels; ++c) {
      center[c] = static_cast<T>(static_cast<double>(center[c]) + rest);
      sums[c] = inverse * weight[c];
    }
  }
  for (index_t c = 0; c < padded; c += lanes<T>)
    map<T>(
        pixels * lanes<T>,
        [&, m = V::load_unaligned(center + c), scale = V::load_unaligned(sums + c),
         b = V::load_unaligned(bias + c)](const V& v) TENON_ALWAYS_INLINE { return f(xsimd::fma(v - m, scale, b)); },
        y + c * pixels, x + c * pixels);
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
