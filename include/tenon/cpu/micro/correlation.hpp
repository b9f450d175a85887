/// \file
/// The sum that all passes of a convolution are made of, as a matrix product over a partly unfolded image.
#pragma once

#include <new>

#include "expansion.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// The part of an image that is unfolded at a time, so that the operands of a product stay in the second-level cache.
template <class T>
struct CorrelationBlock {
  index_t outputs;   // along the split axis
  index_t channels;  // their taps are the depth of one product

  static constexpr index_t capacity = 256 * 1024 / static_cast<index_t>(sizeof(T));  // elements of an unfolded block

  /// Takes between `min_depth` and `max_depth` (channel, tap) pairs, where the image has so many.
  constexpr CorrelationBlock(const Correlation& correlation, index_t min_depth = 64, index_t max_depth = 256) {
    const index_t taps = correlation.taps();
    const index_t wanted = (std::min)(correlation.channels, (min_depth + taps - 1) / taps);
    outputs = correlation.axes[Expansion::split_axis(correlation)].output;
    while (outputs > 1 && wanted * Expansion(correlation, outputs).channel_size() > capacity)
      outputs = (outputs + 1) / 2;
    const index_t fitting = (std::min)(max_depth / taps, capacity / Expansion(correlation, outputs).channel_size());
    channels = even_part(correlation.channels, (std::max)(index_t{1}, fitting));
  }
};

/// Elements of type T that take the room of `count` offsets.
template <class T>
constexpr index_t offset_elements(index_t count) {
  constexpr auto offset = static_cast<index_t>(sizeof(index_t)), element = static_cast<index_t>(sizeof(T));
  return round_up((count * offset + element - 1) / element, lanes<T>);
}

/// A correlation, ready to run on one image after the other. A table of offsets and the unfolded input lie in a
/// workspace of `workspace_size` elements.
template <class T>
class CorrelationProduct {
 public:
  static constexpr index_t workspace_size(const Correlation& correlation) {
    const CorrelationBlock<T> block(correlation);
    const Expansion expansion(correlation, block.outputs);
    return offset_elements<T>(block.channels * correlation.taps()) + expansion.template padded_size<T>(correlation) +
           block.channels * expansion.channel_size() + lanes<T>;
  }
  static constexpr index_t packed_size(const Correlation& correlation) {
    return round_up(correlation.rows * correlation.channels * correlation.taps(), lanes<T>);
  }

  /// Packs weights for `run` to `packed`, of `packed_size` elements: for each block of channels and panel of rows, the
  /// weights of each (channel, tap).
  static void pack(const Correlation& correlation, const CorrelationWeight<T>& weight, T* packed) {
    const CorrelationBlock<T> block(correlation);
    const auto& [outer, middle, inner] = correlation.axes;
    const auto& [s0, s1, s2] = weight.tap_strides;
    for (index_t channel = 0, channels; channel < correlation.channels; channel += channels) {
      channels = (std::min)(correlation.channels - channel, block.channels);
      for_each_panel(correlation.rows, [&](index_t first, index_t height) {
        for (index_t c = channel; c < channel + channels; ++c)
          for (index_t t0 = 0; t0 < outer.taps; ++t0)
            for (index_t t1 = 0; t1 < middle.taps; ++t1)
              for (index_t t2 = 0; t2 < inner.taps; ++t2) {
                const T* from = weight.data + c * weight.channel_stride + t0 * s0 + t1 * s1 + t2 * s2;
                for (index_t row = first; row < first + height; ++row) *packed++ = from[row * weight.row_stride];
              }
      });
    }
  }

  /// Writes the table of offsets to `workspace`, which must be kept until the last `run`.
  CorrelationProduct(const Correlation& correlation, T* workspace)
      : correlation_(correlation),
        block_(correlation),
        expansion_(correlation, block_.outputs),
        offsets_(::new(static_cast<void*>(workspace))
                     index_t[static_cast<std::size_t>(block_.channels * correlation.taps())]),
        padded_(workspace + offset_elements<T>(block_.channels * correlation.taps())),
        unfolded_(padded_ + expansion_.template padded_size<T>(correlation)) {
    expansion_.offsets(correlation, block_.channels, offsets_);
    // The last tile reads up to a vector past the end.
    std::fill_n(unfolded_ + block_.channels * expansion_.channel_size(), lanes<T>, T(0));
  }

  /// Runs on one image: `x` (channels, in), `y` (rows, out), `packed` as `pack` wrote it. `start` is what the sums
  /// start from, `readable_end` the end of the tensor that `x` is part of.
  void run(const T* packed, const T* x, const T* readable_end, Start<T> start, T* y) const {
    const std::size_t split = Expansion::split_axis(correlation_);
    const index_t out_size = correlation_.out_size(), outputs = correlation_.axes[split].output;
    const index_t pixels_per_output = out_size / outputs;
    for (index_t first = 0, count; first < outputs; first += count) {
      count = even_part(outputs - first, block_.outputs);
      const index_t pixel = first * pixels_per_output;
      for (index_t channel = 0, channels; channel < correlation_.channels; channel += channels) {
        channels = (std::min)(correlation_.channels - channel, block_.channels);
        expansion_.unfold(correlation_, channels, first, count, x + channel * correlation_.in_size(), readable_end,
                          padded_, unfolded_);
        multiply<T>({.rows = correlation_.rows,
                     .columns = count * pixels_per_output,
                     .depth = channels * correlation_.taps(),
                     .a = packed + channel * correlation_.taps() * correlation_.rows,
                     .a_row_stride = 0,
                     .a_depth_stride = 0,
                     .b = unfolded_,
                     .b_offsets = offsets_,
                     .start = channel == 0 ? start.at(0, pixel) : Start<T>::matrix(y + pixel, out_size),
                     .c = y + pixel,
                     .c_row_stride = out_size},
                    true);
      }
    }
  }

 private:
  Correlation correlation_;
  CorrelationBlock<T> block_;
  Expansion expansion_;
  index_t* offsets_;
  T* padded_;
  T* unfolded_;
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
