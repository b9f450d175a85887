/// \file
/// Conversion of plain images (N, C, H, W) to blocked ones (N, blocks, H, W, lanes) and back.
#pragma once

#include <algorithm>

#include "interleave.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Copies `x` (batch, channels, pixels) to `y` (batch, blocks, pixels, lanes), aligned to a vector; spare lanes become
/// zero.
template <class T>
void plain_to_blocked(index_t batch, index_t channels, index_t pixels, const T* x, T* y) noexcept {
  constexpr int size = short_lanes<T>;
  // Read a cache line of each channel at a time: channels may lie a multiple of the size of a cache way apart, where
  // lines evict each other.
  constexpr index_t line = (std::max)(lanes<T>, index_t{64 / sizeof(T)});
  for (index_t image = 0; image < batch; ++image, x += channels * pixels) {
    for (index_t block = 0; block < channels; block += lanes<T>, y += pixels * lanes<T>) {
      index_t pixel = 0;
      for (; pixel + size <= pixels; pixel += line) {
        const index_t last = (std::min)(pixel + line, pixels - size + 1);
        for (index_t lane = 0; lane < lanes<T>; lane += size) {
          const T* rows = x + (block + lane) * pixels;
          const index_t valid = channels - block - lane;
          for (index_t p = pixel; p < last; p += size) {
            ShortVector<T> tile[std::size_t{size}];
            unroll<size>([&](auto row) TENON_ALWAYS_INLINE {
              tile[row] = row < valid ? ShortVector<T>::load_unaligned(rows + row * pixels + p) : ShortVector<T>(T(0));
            });
            transpose<T>(tile);
            unroll<size>([&](auto row)
                             TENON_ALWAYS_INLINE { tile[row].store_aligned(y + (p + row) * lanes<T> + lane); });
          }
        }
      }
      for (pixel = pixels - pixels % size; pixel < pixels; ++pixel)
        for (index_t lane = 0; lane < lanes<T>; ++lane)
          y[pixel * lanes<T> + lane] = block + lane < channels ? x[(block + lane) * pixels + pixel] : T(0);
    }
  }
}

/// Copies `x` (batch, blocks, pixels, lanes), aligned to a vector, to `y` (batch, channels, pixels).
template <class T>
void blocked_to_plain(index_t batch, index_t channels, index_t pixels, const T* x, T* y) noexcept {
  constexpr int size = short_lanes<T>;
  constexpr index_t line = (std::max)(lanes<T>, index_t{64 / sizeof(T)});
  for (index_t image = 0; image < batch; ++image, y += channels * pixels) {
    for (index_t block = 0; block < channels; block += lanes<T>, x += pixels * lanes<T>) {
      const index_t block_channels = (std::min)(lanes<T>, channels - block);
      index_t pixel = 0;
      for (; pixel + size <= pixels; pixel += line) {
        const index_t last = (std::min)(pixel + line, pixels - size + 1);
        for (index_t lane = 0; lane < block_channels; lane += size) {
          T* rows = y + (block + lane) * pixels;
          for (index_t p = pixel; p < last; p += size) {
            ShortVector<T> tile[std::size_t{size}];
            unroll<size>([&](auto row) TENON_ALWAYS_INLINE {
              tile[row] = ShortVector<T>::load_aligned(x + (p + row) * lanes<T> + lane);
            });
            transpose<T>(tile);
            unroll<size>([&](auto row) TENON_ALWAYS_INLINE {
              if (lane + row < block_channels) tile[row].store_unaligned(rows + row * pixels + p);
            });
          }
        }
      }
      for (pixel = pixels - pixels % size; pixel < pixels; ++pixel)
        for (index_t lane = 0; lane < block_channels; ++lane)
          y[(block + lane) * pixels + pixel] = x[pixel * lanes<T> + lane];
    }
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
