/// \file
/// Direct 2-d convolution that writes channel-blocked images.
#pragma once

#include <algorithm>
#include <cassert>

#include "../../core/folded_weights.hpp"
#include "epilogue.hpp"
#include "interleave.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// The layout of the images that a convolution reads. Plain is (N, C, H, W). Blocked is (N, blocks, H, W, lanes), where
/// block b holds the channels from b * lanes on; spare lanes of the last block are written and hold anything.
enum class ConvInput { blocked, plain };

/// Accumulators of a convolution: `vectors` blocks of output channels by `pixels` neighbours in a row.
struct ConvTile {
  int pixels = 1, vectors = 1;
};

/// Returns the geometry of a 1x1 convolution with all rows joined to one, and any other geometry as it is.
constexpr ConvGeometry<2> joined_rows(ConvGeometry<2> geometry) {
  const auto trivial = [](const Window& axis) { return axis.kernel == 1 && axis.stride == 1 && axis.padding == 0; };
  auto& [height, width] = geometry.axes;
  if (trivial(height) && trivial(width)) {
    width.input *= height.input;
    width.output *= height.output;
    height.input = height.output = 1;
  }
  return geometry;
}

/// Returns the tile for a convolution: no wider than its rows, and of a width that divides them evenly.
template <class T>
constexpr ConvTile best_conv_tile(const ConvGeometry<2>& geometry) {
  const index_t width = joined_rows(geometry).axes[1].output;
  const index_t blocks = vectors_for<T>(geometry.group_out_channels());
  constexpr bool many = vector_registers == 32;
  const int vectors = blocks % 4 == 0 && width <= (many ? 6 : 3) ? 4 : blocks > 1 ? 2 : 1;
  const index_t widest = vectors == 4 ? (many ? 6 : 3) : vectors == 2 ? (many ? 14 : 6) : (many ? 14 : 12);
  const index_t tiles = (width + widest - 1) / widest;
  return {static_cast<int>((width + tiles - 1) / tiles), vectors};
}

/// Computes `y = epilogue(conv(x) + bias)` with `y` (N, out blocks, H, W, lanes) and `x` in the layout `Input`; plain
/// input is for the few channels of a first layer.
///
/// Code is shared by all convolutions of one tile, horizontal stride, input layout and epilogue; everything else comes
/// from the geometry at run time. `Pixels` must not exceed the output width (of the joined rows, for a 1x1 kernel).
/// With `groups > 1` each group must fill whole blocks. Blocked images must be aligned to a vector, and packed weights,
/// of type `W`, as `load` asks. `y` must not overlap `x`.
template <class T, ConvInput Input, int Pixels, int Vectors, int StrideWidth, class Epilogue = micro::Epilogue<T>,
          class W = T>
class BlockedConv {
  using V = Vector<T>;

 public:
  /// Elements of the packed weights.
  static constexpr index_t packed_size(const ConvGeometry<2>& geometry) {
    return geometry.groups * group_packed_size(geometry);
  }

  /// Packs weights (out, in / groups, kernel height, kernel width) to `packed`, of `packed_size` elements.
  ///
  /// Per panel of `Vectors` blocks: biases, then per input block, kernel row, kernel column and input channel one
  /// weight for each output of the panel. Spare outputs get zeros.
  static void pack(const ConvGeometry<2>& geometry, const FoldedWeights<T>& weights, W* packed) {
    const index_t in = geometry.group_in_channels(), out = geometry.group_out_channels();
    const index_t taps = geometry.kernel_size();
    for (index_t group = 0; group < geometry.groups; ++group) {
      for_each_panel(vectors_for<T>(out), [&](index_t block, auto vectors) {
        const auto for_each_output = [&](auto&& value) {
          for (index_t o = block * lanes<T>; o < (block + vectors) * lanes<T>; ++o)
            *packed++ = static_cast<W>(o < out ? value(group * out + o) : T(0));
        };
        for_each_output([&](index_t o) { return weights.folded_bias(o); });
        for (index_t first = 0; first < in; first += block_channels)
          for (index_t tap = 0; tap < taps; ++tap)
            for (index_t channel = first; channel < (std::min)(in, first + block_channels); ++channel)
              for_each_output([&](index_t o) { return weights.folded_weight(o, (o * in + channel) * taps + tap); });
      });
    }
  }

  /// Runs the convolution on the whole batch; `packed` is what `pack` wrote for the same geometry.
  static void run(const ConvGeometry<2>& original, const T* x, const W* packed, T* y, Epilogue epilogue = {}) noexcept {
    const ConvGeometry<2> geometry = joined_rows(original);
    assert(geometry.axes[1].output >= Pixels && geometry.axes[1].stride == StrideWidth);
    const index_t in_blocks = (geometry.group_in_channels() + block_channels - 1) / block_channels;
    const index_t out_blocks = vectors_for<T>(geometry.group_out_channels());
    for (index_t image = 0; image < geometry.batch; ++image) {
      for (index_t group = 0; group < geometry.groups; ++group) {
        run_group(geometry, x, packed + group * group_packed_size(geometry), y, epilogue);
        x += in_blocks * geometry.in_size() * block_channels;
        y += out_blocks * geometry.out_size() * lanes<T>;
      }
    }
  }

 private:
  static constexpr index_t block_channels = Input == ConvInput::blocked ? lanes<T> : 1;
  /// Weights up to this size stay in the second-level cache while the image passes by.
  static constexpr index_t cached_weights = (index_t{256} << 10) / index_t{sizeof(T)};
  /// Columns of a border tile's copy of its input: 16 KB, or one kernel column if that is more.
  static constexpr index_t copied_columns =
      (std::max)((index_t{16} << 10) / (block_channels * index_t{sizeof(T)}), index_t{(Pixels - 1) * StrideWidth + 1});

  static constexpr index_t group_packed_size(const ConvGeometry<2>& geometry) {
    return vectors_for<T>(geometry.group_out_channels()) * lanes<T> *
           (1 + geometry.group_in_channels() * geometry.kernel_size());
  }

  /// Calls `f(first block, vectors)` for panels of `Vectors` blocks, then of one.
  template <class F>
  TENON_ALWAYS_INLINE static void for_each_panel(index_t blocks, F&& f) {
    index_t block = 0;
    for (; block + Vectors <= blocks; block += Vectors) f(block, std::integral_constant<int, Vectors>{});
    if constexpr (Vectors > 1)
      for (; block < blocks; ++block) f(block, std::integral_constant<int, 1>{});
  }

  /// Computes one group of one image: `x` (in blocks, H, W, block_channels), `packed` its weights, `y`
  /// (out blocks, H, W, lanes). With few weights it runs all panels on one output row after the other, so that the
  /// input rows stay in the first-level cache; with many, one panel after the other on all rows, so that each weight is
  /// fetched once.
  static void run_group(const ConvGeometry<2>& geometry, const T* x, const W* packed, T* y,
                        Epilogue epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    const index_t out_blocks = vectors_for<T>(geometry.group_out_channels());
    const index_t block_weights = lanes<T> * (1 + geometry.group_in_channels() * geometry.kernel_size());
    const bool rows_outermost = out_blocks * block_weights <= cached_weights;
    const index_t row_passes = rows_outermost ? height.output : 1;
    for (index_t pass = 0; pass < row_passes; ++pass) {
      const index_t first_row = rows_outermost ? pass : 0, last_row = rows_outermost ? pass + 1 : height.output;
      for_each_panel(out_blocks, [&](index_t block, auto vectors) {
        for (index_t row = first_row; row < last_row; ++row) {
          // The last tile reaches back over pixels already done.
          for (index_t column = 0; column < width.output; column += Pixels)
            tile<vectors>(geometry, x, packed + block * block_weights, y + block * geometry.out_size() * lanes<T>, row,
                          (std::min)(column, width.output - Pixels), epilogue);
        }
      });
    }
  }

  /// The elements that one call of `accumulate` reads: a range of input channels, kernel rows and kernel columns.
  struct Field {
    const T* pixels;  // what the first output pixel sees at the first channel, kernel row and kernel column
    index_t block_stride, row_stride;
    index_t first_channel, last_channel, first_row, last_row, first_tap, last_tap;
  };

  /// Computes `Panel` blocks of output channels at (row, column ... column + Pixels). `x` is the group's image,
  /// `packed` the panel, `y` (Panel, H, W, lanes).
  template <int Panel>
  static void tile(const ConvGeometry<2>& geometry, const T* x, const W* packed, T* y, index_t row, index_t column,
                   Epilogue epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    y += (row * width.output + column) * lanes<T>;
    const index_t line = width.input * block_channels;
    const index_t first_row = height.first_inside(row), last_row = (std::max)(first_row, height.last_inside(row));
    const bool inside =
        width.position(column, 0) >= 0 && width.position(column + Pixels - 1, width.kernel - 1) < width.input;
    const bool empty = first_row == last_row;  // the kernel lies above or below the image
    if (!inside && !empty) return border_tile<Panel>(geometry, x, packed, y, row, column, epilogue);
    const T* corner =
        empty ? x : x + height.position(row, first_row) * line + width.position(column, 0) * block_channels;
    accumulate<Panel>(geometry,
                      {corner, geometry.in_size() * block_channels, height.dilation * line, 0,
                       geometry.group_in_channels(), first_row, last_row, 0, width.kernel},
                      true, true, packed, y, epilogue);
  }

  /// Computes a tile that sees pixels beyond the left or right border, from copies of its input with zeros beside it,
  /// as much at a time as fits. Pointers are as in `tile`, but `y` is at the tile's first pixel.
  template <int Panel>
  static void border_tile(const ConvGeometry<2>& geometry, const T* x, const W* packed, T* y, index_t row,
                          index_t column, Epilogue epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    const index_t in = geometry.group_in_channels(), plane = geometry.in_size() * block_channels;
    const index_t first_row = height.first_inside(row), last_row = height.last_inside(row);
    alignas(V) T copy[static_cast<std::size_t>(copied_columns * block_channels + lanes<T>)];

    // A field without all kernel columns has one kernel row; a field without all kernel rows has one channel block.
    const auto columns_for = [&](index_t taps) { return (Pixels - 1) * StrideWidth + 1 + (taps - 1) * width.dilation; };
    const index_t taps = (std::min)(width.kernel, 1 + (copied_columns - columns_for(1)) / width.dilation);
    const index_t fitting_rows = taps < width.kernel ? 1 : copied_columns / columns_for(taps);
    const index_t rows = (std::min)(last_row - first_row, fitting_rows);
    const index_t fitting_blocks = rows < last_row - first_row ? 1 : fitting_rows / rows;
    const index_t channels = (std::min)(in, fitting_blocks * block_channels);
    const index_t columns = columns_for(taps);

    bool first = true;
    for (index_t channel = 0; channel < in; channel += channels) {
      const index_t last_channel = (std::min)(in, channel + channels);
      for (index_t tap_row = first_row; tap_row < last_row; tap_row += rows) {
        const index_t last_tap_row = (std::min)(last_row, tap_row + rows);
        for (index_t tap = 0; tap < width.kernel; tap += taps) {
          const index_t last_tap = (std::min)(width.kernel, tap + taps);
          T* destination = copy;
          for (index_t c = channel; c < last_channel; c += block_channels)
            for (index_t r = tap_row; r < last_tap_row; ++r, destination += columns * block_channels)
              copy_columns(x + c / block_channels * plane + height.position(row, r) * width.input * block_channels,
                           width.position(column, tap), columns_for(last_tap - tap), width.input, destination);
          const bool last = last_channel == in && last_tap_row == last_row && last_tap == width.kernel;
          accumulate<Panel>(geometry,
                            {copy, rows * columns * block_channels, columns * block_channels, channel, last_channel,
                             tap_row, last_tap_row, tap, last_tap},
                            first, last, packed, y, epilogue);
          first = false;
        }
      }
    }
  }

  /// Adds the products of a field to the tile, whose first pixel is at `y`. The `first` field of a tile starts from the
  /// biases, which `packed` begins with; the `last` one stores `epilogue` of the sums. The accumulators live in
  /// registers throughout, so nothing here may be a call.
  template <int Panel>
  static void accumulate(const ConvGeometry<2>& geometry, const Field& field, bool first, bool last, const W* packed,
                         T* y, Epilogue epilogue) noexcept {
    const index_t out_plane = geometry.out_size() * lanes<T>;
    V sum[std::size_t{Pixels} * std::size_t{Panel}];
    unroll<Panel>([&](auto v) TENON_ALWAYS_INLINE {
      if (first) {
        const V bias = load<V>(packed + v * lanes<T>);
        unroll<Pixels>([&](auto pixel) TENON_ALWAYS_INLINE { sum[pixel * Panel + v] = bias; });
      } else {
        unroll<Pixels>([&](auto pixel) TENON_ALWAYS_INLINE {
          sum[pixel * Panel + v] = V::load_aligned(y + v * out_plane + pixel * lanes<T>);
        });
      }
    });
    packed += Panel * lanes<T>;

    const index_t row_taps = geometry.axes[1].kernel, tap_stride = geometry.axes[1].dilation * block_channels;
    const T* block = field.pixels;
    for (index_t channel = field.first_channel; channel < field.last_channel; channel += block_channels) {
      const index_t channels = (std::min)(field.last_channel - channel, block_channels);
      const W* block_weights = packed + channel * geometry.kernel_size() * Panel * lanes<T>;
      const T* line = block;
      for (index_t row = field.first_row; row < field.last_row; ++row) {
        const W* weight = block_weights + (row * row_taps + field.first_tap) * channels * Panel * lanes<T>;
        const T* pixels = line;
        for (index_t tap = field.first_tap; tap < field.last_tap; ++tap) {
          if constexpr (block_channels == 1) {
            multiply_add<Panel>(pixels, weight, sum);
            weight += Panel * lanes<T>;
          } else {
            for (index_t c = 0; c < channels; ++c, weight += Panel * lanes<T>)
              multiply_add<Panel>(pixels + c, weight, sum);
          }
          pixels += tap_stride;
        }
        line += field.row_stride;
      }
      block += field.block_stride;
    }

    unroll<Panel>([&](auto v) TENON_ALWAYS_INLINE {
      unroll<Pixels>([&](auto pixel) TENON_ALWAYS_INLINE {
        const V& s = sum[pixel * Panel + v];
        T* const to = y + v * out_plane + pixel * lanes<T>;
        (last ? epilogue(s, to) : s).store_aligned(to);
      });
    });
  }

  /// Adds the products of one input channel and one kernel element: `pixels` is what the first output pixel sees,
  /// `weight` (Panel, lanes), `sum` (Pixels, Panel).
  template <int Panel>
  TENON_ALWAYS_INLINE static void multiply_add(const T* pixels, const W* weight, V* sum) {
    V weights[std::size_t{Panel}];
    unroll<Panel>([&](auto v) TENON_ALWAYS_INLINE { weights[v] = load<V>(weight + v * lanes<T>); });
    unroll<Pixels>([&](auto pixel) TENON_ALWAYS_INLINE {
      const V input(pixels[pixel * StrideWidth * block_channels]);
      unroll<Panel>([&](auto v) TENON_ALWAYS_INLINE {
        V& s = sum[pixel * Panel + v];
        s = xsimd::fma(input, weights[v], s);
      });
    });
  }

  /// Copies the columns [start, start + count) of `line` (width, block_channels) to `columns` (count, block_channels),
  /// zeros where they lie outside. Whole vectors are written: zeros may run past the end by less than a vector.
  /// (Library calls cost more than so few elements.)
  static void copy_columns(const T* line, index_t start, index_t count, index_t width, T* columns) noexcept {
    using Unit = std::conditional_t<Input == ConvInput::blocked, V, ShortVector<T>>;
    constexpr auto size = static_cast<index_t>(Unit::size);
    const index_t first = std::clamp(-start, index_t{0}, count) * block_channels;
    const index_t last = (std::max)((std::min)(width - start, count) * block_channels, first);
    const Unit zero(T(0));
    for (index_t i = 0; i < first; i += size) zero.store_unaligned(columns + i);
    line += (start * block_channels + first);
    if (last - first >= size) {
      // The last vector reaches back.
      for (index_t i = first; i < last; i += size) {
        const index_t at = (std::min)(i, last - size);
        Unit::load_unaligned(line + (at - first)).store_unaligned(columns + at);
      }
    } else {
      for (index_t i = first; i < last; ++i) columns[i] = line[i - first];
    }
    for (index_t i = last; i < count * block_channels; i += size) zero.store_unaligned(columns + i);
  }
};

/// The BlockedConv for `Geometry::value`, with its best tile.
template <class T, class Geometry, ConvInput Input, class Epilogue = micro::Epilogue<T>, class W = T>
using BlockedConvFor =
    BlockedConv<T, Input, best_conv_tile<T>(Geometry::value).pixels, best_conv_tile<T>(Geometry::value).vectors,
                static_cast<int>(Geometry::value.axes[1].stride), Epilogue, W>;

}  // namespace tenon::inline TENON_ISA::cpu::micro
