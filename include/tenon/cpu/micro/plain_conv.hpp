/// \file
/// Direct 2-d convolution of plain images with few channels, vectorised over pixels, optionally fused with max pooling.
#pragma once

#include <algorithm>
#include <cassert>

#include "../../core/folded_weights.hpp"
#include "blocked_pool.hpp"
#include "epilogue.hpp"
#include "interleave.hpp"
#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// The outputs that one lane of a PlainConv tile computes: `rows` x `columns` neighbours, which are stored as they are,
/// or are one window of a max pooling.
struct PixelGroup {
  int rows = 2, columns = 1;
  bool pooled = false;
};
inline constexpr PixelGroup unpooled{2, 1, false};
/// For images of a single row.
inline constexpr PixelGroup single_row{1, 1, false};
/// The window of a 2x2 max pooling of stride 2.
inline constexpr PixelGroup pooled_2x2{2, 2, true};

/// Returns the output channels per tile: as many as the registers hold, divided evenly.
constexpr int best_plain_conv_channels(index_t out_channels, PixelGroup group) {
  const int pixels = group.rows * group.columns;
  const int most = (vector_registers - 2 - pixels) / pixels;
  const index_t tiles = (out_channels + most - 1) / most;
  return static_cast<int>((out_channels + tiles - 1) / tiles);
}

/// Computes `y = epilogue(conv(x) + bias)`, or the max pooling of it, for plain `x` (N, C, H, W) and plain `y`
/// (N, out, H, W).
///
/// It is the kernel for few output channels, where vectors of channels would be mostly padding. The input is first
/// copied to `workspace` with its zero padding, its columns dealt out so that neighbouring lanes are neighbours in
/// memory. It takes any kernel, padding and dilation; `groups` is 1. A pooling must have windows and strides of the
/// size of `Group` and no padding; outputs that fill no window are left out. `workspace` must be aligned to a vector.
template <class T, int Channels, int StrideWidth, PixelGroup Group, class Epilogue = micro::Epilogue<T>, class W = T>
class PlainConv {
  using V = Vector<T>;

 public:
  /// Elements of the packed weights.
  static constexpr index_t packed_size(const ConvGeometry<2>& geometry) {
    return tiles(geometry) * Channels * (1 + geometry.in_channels * geometry.kernel_size());
  }

  /// Elements of the workspace of `run`: one padded image.
  static constexpr index_t workspace_size(const ConvGeometry<2>& geometry) {
    return geometry.in_channels * Padded(geometry).plane;
  }

  /// Packs weights (out, in, kernel height, kernel width) to `packed` (tiles, 1 + in * kernel elements, Channels): for
  /// each tile its biases, then for each input channel and kernel element one weight per output. The last tile reaches
  /// back over outputs already packed.
  static void pack(const ConvGeometry<2>& geometry, const FoldedWeights<T>& weights, W* packed) {
    const index_t fan_in = geometry.in_channels * geometry.kernel_size();
    for (index_t tile = 0; tile < tiles(geometry); ++tile) {
      const auto output = [&](index_t c) {
        return (std::min)(first_channel(geometry, tile) + c, geometry.out_channels - 1);
      };
      for (index_t c = 0; c < Channels; ++c) *packed++ = static_cast<W>(weights.folded_bias(output(c)));
      for (index_t tap = 0; tap < fan_in; ++tap)
        for (index_t c = 0; c < Channels; ++c)
          *packed++ = static_cast<W>(weights.folded_weight(output(c), output(c) * fan_in + tap));
    }
  }

  /// Runs the convolution on the whole batch; `packed` is what `pack` wrote, `workspace` has `workspace_size` elements.
  static void run(const ConvGeometry<2>& geometry, const T* x, const W* packed, T* y, T* workspace,
                  Epilogue epilogue = {}) noexcept {
    assert(geometry.groups == 1 && geometry.out_channels >= Channels && geometry.axes[1].stride == StrideWidth);
    const Padded padded(geometry);
    const index_t tile_weights = Channels * (1 + geometry.in_channels * geometry.kernel_size());
    for (index_t image = 0; image < geometry.batch; ++image) {
      for (index_t channel = 0; channel < geometry.in_channels; ++channel, x += geometry.in_size())
        copy_padded(geometry, padded, x, workspace + channel * padded.plane);
      for (index_t tile = 0; tile < tiles(geometry); ++tile)
        run_channels(geometry, padded, workspace, packed + tile * tile_weights,
                     y + first_channel(geometry, tile) * padded.out_plane(), epilogue);
      y += geometry.out_channels * padded.out_plane();
    }
  }

 private:
  static constexpr int pixels = Group.rows * Group.columns;
  /// Neighbouring lanes are this many input columns apart.
  static constexpr index_t lane_stride = index_t{StrideWidth} * Group.columns;

  /// The padded copy of the input: (C, rows, lane_stride, phase), column c at [c % lane_stride][c / lane_stride].
  struct Padded {
    index_t out_rows, out_columns;  // of y
    index_t rows, phase, row, plane;

    constexpr explicit Padded(const ConvGeometry<2>& geometry) {
      const auto& [height, width] = geometry.axes;
      out_rows = Group.pooled ? height.output / Group.rows : height.output;
      out_columns = Group.pooled ? width.output / Group.columns : width.output;
      rows = (height.output - 1) * height.stride + (height.kernel - 1) * height.dilation + 1;
      // The last vector of a row either ends with it, or starts it if the row is shorter.
      const index_t most_lanes = (std::max)(out_columns, lanes<T>);
      const index_t last_offset = index_t{Group.columns - 1} * StrideWidth + (width.kernel - 1) * width.dilation;
      phase = most_lanes + last_offset / lane_stride;
      row = lane_stride * phase;
      plane = rows * row;
    }
    constexpr index_t out_plane() const { return out_rows * out_columns; }
    /// Where the first lane finds the input `columns` to the right of its first column.
    static constexpr index_t offset(index_t columns, index_t phase) {
      const auto unsigned_columns = static_cast<std::size_t>(columns);  // divides without a branch on the sign
      constexpr auto stride = static_cast<std::size_t>(lane_stride);
      return static_cast<index_t>(unsigned_columns % stride) * phase + static_cast<index_t>(unsigned_columns / stride);
    }
  };

  static constexpr index_t tiles(const ConvGeometry<2>& geometry) {
    return (geometry.out_channels + Channels - 1) / Channels;
  }
  static constexpr index_t first_channel(const ConvGeometry<2>& geometry, index_t tile) {
    return (std::min)(tile * Channels, geometry.out_channels - Channels);
  }

  /// Copies one channel `x` (H, W) to `copy` (padded.rows, lane_stride, padded.phase).
  static void copy_padded(const ConvGeometry<2>& geometry, const Padded& padded, const T* x, T* copy) noexcept {
    const auto& [height, width] = geometry.axes;
    std::fill(copy, copy + padded.plane, T(0));
    const index_t last = (std::min)(height.input, padded.rows - height.padding);
    for (index_t row = 0; row < last; ++row, x += width.input)
      split_phases<lane_stride>(x, width.input, width.padding, padded.phase,
                                copy + (row + height.padding) * padded.row);
  }

  /// Computes `Channels` planes `y` from the padded image `copy` and one tile's weights `packed`.
  static void run_channels(const ConvGeometry<2>& geometry, const Padded& padded, const T* copy, const W* packed, T* y,
                           Epilogue epilogue) noexcept {
    // Rows come in pairs, or as the rows of a pooling window; the last pair reaches back.
    const index_t step = Group.rows;
    for (index_t row = 0; row < (Group.pooled ? padded.out_rows * step : padded.out_rows); row += step) {
      const index_t first_row = Group.pooled ? row : (std::max)((std::min)(row, padded.out_rows - step), index_t{0});
      for (index_t column = 0; column < padded.out_columns; column += lanes<T>) {
        const index_t first = (std::max)((std::min)(column, padded.out_columns - lanes<T>), index_t{0});
        tile(geometry, padded, copy, packed, y, first_row, first, epilogue);
      }
    }
  }

  /// Computes `Channels` x `pixels` accumulators, whose lanes are neighbouring columns of `y` from (row, column) on.
  /// Pointers are as in `run_channels`.
  static void tile(const ConvGeometry<2>& geometry, const Padded& padded, const T* copy, const W* packed, T* y,
                   index_t row, index_t column, Epilogue epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    // A plane of a single row has no second one: it is computed twice.
    const index_t row_step = row + 1 < height.output ? height.stride * padded.row : 0;
    V sum[std::size_t{Channels} * std::size_t{pixels}];
    unroll<Channels>([&](auto c) TENON_ALWAYS_INLINE {
      const V bias(static_cast<T>(packed[c]));
      unroll<pixels>([&](auto pixel) TENON_ALWAYS_INLINE { sum[c * pixels + pixel] = bias; });
    });
    packed += Channels;

    const T* plane = copy + row * height.stride * padded.row + column;
    for (index_t channel = 0; channel < geometry.in_channels; ++channel, plane += padded.plane) {
      const T* line = plane;
      for (index_t tap_row = 0; tap_row < height.kernel; ++tap_row, line += height.dilation * padded.row) {
        for (index_t tap = 0; tap < width.kernel; ++tap, packed += Channels) {
          V input[std::size_t{pixels}];
          unroll<Group.columns>([&](auto c) TENON_ALWAYS_INLINE {
            const T* source = line + Padded::offset(c * StrideWidth + tap * width.dilation, padded.phase);
            unroll<Group.rows>([&](auto r) TENON_ALWAYS_INLINE {
              input[r * Group.columns + c] = V::load_unaligned(source + r * row_step);
            });
          });
          unroll<Channels>([&](auto c) TENON_ALWAYS_INLINE {
            const V weight(static_cast<T>(packed[c]));
            unroll<pixels>([&](auto pixel) TENON_ALWAYS_INLINE {
              V& s = sum[c * pixels + pixel];
              s = xsimd::fma(input[pixel], weight, s);
            });
          });
        }
      }
    }

    unroll<Channels>([&](auto c) TENON_ALWAYS_INLINE {
      T* to = y + c * padded.out_plane();
      if constexpr (Group.pooled) {
        V largest = epilogue(sum[c * pixels], to);
        unroll<pixels - 1>([&](auto pixel) TENON_ALWAYS_INLINE {
          largest = max_or_nan(largest, epilogue(sum[c * pixels + pixel + 1], to));
        });
        store(largest, padded, row / Group.rows, column, to);
      } else {
        unroll<Group.rows>([&](auto r) TENON_ALWAYS_INLINE {
          if (row + r < padded.out_rows) {
            const index_t position = (row + r) * padded.out_columns + column;
            store(epilogue(sum[c * pixels + r], to + position, padded.out_plane() - position), padded, row + r, column,
                  to);
          }
        });
      }
    });
  }

  /// Stores a vector of one row of `plane` (out_rows, out_columns). It may run on into the next row, which is written
  /// later, but not out of the plane.
  TENON_ALWAYS_INLINE static void store(const V& result, const Padded& padded, index_t row, index_t column, T* plane) {
    const index_t position = row * padded.out_columns + column;
    const index_t room = padded.out_plane() - position;
    if (room >= lanes<T>)
      result.store_unaligned(plane + position);
    else
      store_first<T>(result, plane + position, room);
  }
};

/// The PlainConv for `Geometry::value`, with its best tile.
template <class T, class Geometry, PixelGroup Group, class Epilogue = micro::Epilogue<T>, class W = T>
using PlainConvFor = PlainConv<T, best_plain_conv_channels(Geometry::value.out_channels, Group),
                               static_cast<int>(Geometry::value.axes[1].stride), Group, Epilogue, W>;

}  // namespace tenon::inline TENON_ISA::cpu::micro
