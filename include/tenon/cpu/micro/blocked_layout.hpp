/// \file
/// Plain images (N, C, H, W) to blocked ones (N, blocks, H, W, lanes) and back.
#pragma once

#include <algorithm>

#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Copies `x` (batch, channels, pixels) to `y` in blocked layout; padding lanes become zero.
template <class T>
void plain_to_blocked(index_t batch, index_t channels, index_t pixels, const T* x, T* y) noexcept {
  for (index_t image = 0; image < batch; ++image) {
    for (index_t first = 0; first < channels; first += lanes<T>) {
      const index_t valid = std::min(lanes<T>, channels - first);
      for (index_t pixel = 0; pixel < pixels; ++pixel, y += lanes<T>) {
        for (index_t lane = 0; lane < valid; ++lane) y[lane] = x[lane * pixels + pixel];
        for (index_t lane = valid; lane < lanes<T>; ++lane) y[lane] = T(0);
      }
      x += valid * pixels;
    }
  }
}

/// Copies `x` in blocked layout to `y` (batch, channels, pixels).
template <class T>
void blocked_to_plain(index_t batch, index_t channels, index_t pixels, const T* x, T* y) noexcept {
  for (index_t image = 0; image < batch; ++image) {
    for (index_t first = 0; first < channels; first += lanes<T>) {
      const index_t valid = std::min(lanes<T>, channels - first);
      for (index_t lane = 0; lane < valid; ++lane, y += pixels)
        for (index_t pixel = 0; pixel < pixels; ++pixel) y[pixel] = x[pixel * lanes<T> + lane];
      x += pixels * lanes<T>;
    }
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
