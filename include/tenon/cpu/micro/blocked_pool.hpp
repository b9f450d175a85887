/// \file
/// Max pooling of blocked and plain images.
#pragma once

#include <algorithm>
#include <limits>

#include "../../core/pointwise.hpp"
#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// The larger of the two; a NaN in either is the result, as in PyTorch.
template <class V>
TENON_ALWAYS_INLINE inline V max_or_nan(const V& largest, const V& x) {
  return pointwise::choose(largest == largest, pointwise::at_least(largest, x), largest);
}

/// Max pooling of an image whose pixels are `Pixel`s: vectors of a blocked image, or single elements of a plain one.
template <class T, class Pixel, class Epilogue>
class MaxPoolPlanes {
  static constexpr index_t pixel_size = static_cast<index_t>(sizeof(Pixel) / sizeof(T));

 public:
  static void run(const PoolGeometry<2>& geometry, const T* x, T* y, const Epilogue& epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    const bool square = height.kernel == width.kernel && width.dilation == 1 && height.dilation == 1;
    if (square && width.kernel == 2)
      planes<2>(geometry, x, y, epilogue);
    else if (square && width.kernel == 3)
      planes<3>(geometry, x, y, epilogue);
    else
      planes<0>(geometry, x, y, epilogue);
  }

 private:
  TENON_ALWAYS_INLINE static Pixel load(const T* x) {
    if constexpr (pixel_size == 1)
      return *x;
    else
      return Pixel::load_aligned(x);
  }
  TENON_ALWAYS_INLINE static void store(const Pixel& pixel, T* y) {
    if constexpr (pixel_size == 1)
      *y = pixel;
    else
      pixel.store_aligned(y);
  }

  /// Windows of `Kernel` x `Kernel`, undilated; of any shape if 0.
  template <int Kernel>
  static void planes(const PoolGeometry<2>& geometry, const T* x, T* y, const Epilogue& epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    // Columns whose windows lie inside the image.
    const index_t span = width.dilation * (width.kernel - 1);
    const index_t inside_first = std::min(width.output, (width.padding + width.stride - 1) / width.stride);
    const index_t room = width.input - 1 - span + width.padding;
    const index_t inside_last = std::clamp(room < 0 ? 0 : room / width.stride + 1, inside_first, width.output);
    for (index_t plane = 0; plane < geometry.planes; ++plane, x += height.input * width.input * pixel_size) {
      for (index_t row = 0; row < height.output; ++row) {
        const index_t first_tap = height.first_inside(row), last_tap = height.last_inside(row);
        const auto border = [&](index_t column) {
          return window(geometry, x, row, column, first_tap, last_tap, width.first_inside(column),
                        width.last_inside(column));
        };
        index_t column = 0;
        const auto put = [&](const Pixel& largest) TENON_ALWAYS_INLINE {
          store(epilogue(largest), y);
          y += pixel_size;
          ++column;
        };
        while (column < inside_first) put(border(column));
        if constexpr (Kernel > 0) {
          if (last_tap - first_tap == Kernel && column < inside_last) {
            const T* corner = x + (height.position(row, 0) * width.input + width.position(column, 0)) * pixel_size;
            for (; column < inside_last; corner += width.stride * pixel_size)
              put(full_window<Kernel>(corner, width.input));
          }
        }
        while (column < width.output) put(border(column));
      }
    }
  }

  template <int Kernel>
  TENON_ALWAYS_INLINE static Pixel full_window(const T* corner, index_t row_length) {
    Pixel largest = load(corner);
    unroll<Kernel * Kernel - 1>([&](auto i) TENON_ALWAYS_INLINE {
      constexpr int tap = i + 1;
      largest = max_or_nan(largest, load(corner + ((tap / Kernel) * row_length + tap % Kernel) * pixel_size));
    });
    return largest;
  }

  static Pixel window(const PoolGeometry<2>& geometry, const T* x, index_t row, index_t column, index_t first_row,
                      index_t last_row, index_t first_column, index_t last_column) noexcept {
    const auto& [height, width] = geometry.axes;
    Pixel largest(-std::numeric_limits<T>::infinity());
    for (index_t tap_row = first_row; tap_row < last_row; ++tap_row) {
      const T* line = x + height.position(row, tap_row) * width.input * pixel_size;
      for (index_t tap = first_column; tap < last_column; ++tap)
        largest = max_or_nan(largest, load(line + width.position(column, tap) * pixel_size));
    }
    return largest;
  }
};

/// `y = epilogue(max_pool(x))` of blocked images; `geometry.planes` counts blocks: batch * vectors_for<T>(channels).
/// A window wholly outside the image gives -infinity, as in PyTorch.
template <class T, class Epilogue = pointwise::Identity>
void blocked_max_pool(const PoolGeometry<2>& geometry, const T* x, T* y, const Epilogue& epilogue = {}) noexcept {
  MaxPoolPlanes<T, Vector<T>, Epilogue>::run(geometry, x, y, epilogue);
}

/// The same for plain images; `geometry.planes` is batch * channels.
template <class T, class Epilogue = pointwise::Identity>
void plain_max_pool(const PoolGeometry<2>& geometry, const T* x, T* y, const Epilogue& epilogue = {}) noexcept {
  MaxPoolPlanes<T, T, Epilogue>::run(geometry, x, y, epilogue);
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
