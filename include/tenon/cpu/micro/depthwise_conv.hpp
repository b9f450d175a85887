/// \file
/// Depthwise 2-d convolution of channel-blocked images.
#pragma once

#include <algorithm>
#include <cassert>

#include "../../core/folded_weights.hpp"
#include "epilogue.hpp"
#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// The output columns [first, last) whose windows lie inside the image.
struct ColumnRange {
  index_t first, last;
  constexpr explicit ColumnRange(const Window& width) {
    const index_t room = width.input - 1 - width.dilation * (width.kernel - 1) + width.padding;
    first = (std::min)(width.output, (width.padding + width.stride - 1) / width.stride);
    last = room < 0 ? first : std::clamp(room / width.stride + 1, first, width.output);
  }
};

/// Returns the number of neighbouring output pixels per tile, which divides the columns away from the border evenly.
constexpr int best_depthwise_pixels(const ConvGeometry<2>& geometry) {
  const ColumnRange inside(geometry.axes[1]);
  const index_t columns = (std::max)(inside.last - inside.first, index_t{1});
  const index_t widest = vector_registers == 32 ? 14 : 8;
  const index_t tiles = (columns + widest - 1) / widest;
  return static_cast<int>((columns + tiles - 1) / tiles);
}

/// Computes `y = epilogue(conv(x) + bias)` with one kernel per channel (groups == in_channels == out_channels), for
/// blocked images `x` and `y` (N, blocks, H, W, lanes), aligned to a vector. `Pixels` must not exceed the number of
/// columns whose windows lie inside the image, if there are any.
template <class T, int Pixels, int StrideWidth, class Epilogue = micro::Epilogue<T>, class W = T>
class DepthwiseConv {
  using V = Vector<T>;

 public:
  /// Elements of the packed weights.
  static constexpr index_t packed_size(const ConvGeometry<2>& geometry) {
    return vectors_for<T>(geometry.out_channels) * block_weights(geometry);
  }

  /// Packs weights (channels, 1, kernel height, kernel width) to `packed` (blocks, 1 + kernel elements, lanes): for
  /// each block its biases, then the weights of each kernel element. Spare channels get zeros.
  static void pack(const ConvGeometry<2>& geometry, const FoldedWeights<T>& weights, W* packed) {
    const index_t channels = geometry.out_channels, taps = geometry.kernel_size();
    for (index_t block = 0; block < channels; block += lanes<T>) {
      for (index_t c = block; c < block + lanes<T>; ++c)
        *packed++ = static_cast<W>(c < channels ? weights.folded_bias(c) : T(0));
      for (index_t tap = 0; tap < taps; ++tap)
        for (index_t c = block; c < block + lanes<T>; ++c)
          *packed++ = static_cast<W>(c < channels ? weights.folded_weight(c, c * taps + tap) : T(0));
    }
  }

  /// Runs the convolution on the whole batch; `packed` is what `pack` wrote, aligned as `load` asks.
  static void run(const ConvGeometry<2>& geometry, const T* x, const W* packed, T* y, Epilogue epilogue = {}) noexcept {
    const auto& [height, width] = geometry.axes;
    const ColumnRange inside(width);
    assert(width.stride == StrideWidth);
    const index_t blocks = vectors_for<T>(geometry.out_channels);
    for (index_t plane = 0; plane < geometry.batch * blocks; ++plane) {
      const W* weights = packed + plane % blocks * block_weights(geometry);
      for (index_t row = 0; row < height.output; ++row, y += width.output * lanes<T>) {
        const auto border = [&](index_t column) {
          tile<1>(geometry, x, weights, row, column, width.first_inside(column), width.last_inside(column),
                  y + column * lanes<T>, epilogue);
        };
        for (index_t column = 0; column < inside.first; ++column) border(column);
        // The last tile reaches back over pixels already done.
        if (inside.last - inside.first >= Pixels) {
          for (index_t column = inside.first; column < inside.last; column += Pixels) {
            const index_t first = (std::min)(column, inside.last - Pixels);
            tile<Pixels>(geometry, x, weights, row, first, 0, width.kernel, y + first * lanes<T>, epilogue);
          }
        } else {
          for (index_t column = inside.first; column < inside.last; ++column) border(column);
        }
        for (index_t column = inside.last; column < width.output; ++column) border(column);
      }
      x += geometry.in_size() * lanes<T>;
    }
  }

 private:
  static constexpr index_t block_weights(const ConvGeometry<2>& geometry) {
    return lanes<T> * (1 + geometry.kernel_size());
  }

  /// Computes `Count` neighbouring pixels from `column` on, which all see the kernel columns [first_tap, last_tap). `x`
  /// (H, W, lanes) and `packed` are those of one block, `y` is at the first pixel.
  template <int Count>
  static void tile(const ConvGeometry<2>& geometry, const T* x, const W* packed, index_t row, index_t column,
                   index_t first_tap, index_t last_tap, T* y, Epilogue epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    V sum[std::size_t{Count}];
    const V bias = load<V>(packed);
    unroll<Count>([&](auto pixel) TENON_ALWAYS_INLINE { sum[pixel] = bias; });
    packed += lanes<T>;
    const index_t last_row = height.last_inside(row);
    for (index_t tap_row = height.first_inside(row); tap_row < last_row; ++tap_row) {
      const T* line = x + height.position(row, tap_row) * width.input * lanes<T>;
      const W* weights = packed + tap_row * width.kernel * lanes<T>;
      for (index_t tap = first_tap; tap < last_tap; ++tap) {
        const T* pixels = line + width.position(column, tap) * lanes<T>;
        const V weight = load<V>(weights + tap * lanes<T>);
        unroll<Count>([&](auto pixel) TENON_ALWAYS_INLINE {
          sum[pixel] = xsimd::fma(V::load_aligned(pixels + pixel * StrideWidth * lanes<T>), weight, sum[pixel]);
        });
      }
    }
    unroll<Count>([&](auto pixel) TENON_ALWAYS_INLINE {
      T* const to = y + pixel * lanes<T>;
      epilogue(sum[pixel], to).store_aligned(to);
    });
  }
};

/// The DepthwiseConv for `Geometry::value`, with its best tile.
template <class T, class Geometry, class Epilogue = micro::Epilogue<T>, class W = T>
using DepthwiseConvFor = DepthwiseConv<T, best_depthwise_pixels(Geometry::value),
                                       static_cast<int>(Geometry::value.axes[1].stride), Epilogue, W>;

}  // namespace tenon::inline TENON_ISA::cpu::micro
