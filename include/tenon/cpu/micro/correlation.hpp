/// \file
/// The sum all convolution passes are made of, as a matrix product over a partly unfolded image.
///
/// Unfolding an image into one row per (channel, tap) would copy each element once per tap. Here only the inner axes
/// are unfolded: along the outermost axis a tap is a displacement, because the rows of consecutive outputs follow each
/// other in memory. A 3 x 3 kernel copies an image 3 times, not 9, and a product reads it through a table of row
/// offsets.
#pragma once

#include <numeric>

#include "register_tile.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Output `o` meets tap `t` at input position `o * stride + start + t * step`; outside [0, input) the input is zero.
struct CorrelationAxis {
  index_t input = 1, output = 1, taps = 1, stride = 1, start = 0, step = 1;
};

/// y(row, o) = sum over channels and taps of weight(row, channel, tap) * x(channel, position of (o, tap)), one image.
struct Correlation {
  index_t channels, rows;
  std::array<CorrelationAxis, 3> axes;

  constexpr index_t in_size() const { return axes[0].input * axes[1].input * axes[2].input; }
  constexpr index_t out_size() const { return axes[0].output * axes[1].output * axes[2].output; }
  constexpr index_t taps() const { return axes[0].taps * axes[1].taps * axes[2].taps; }
};

/// Weights of a correlation as they lie in memory: forward or mirrored, rows and channels either way round.
template <class T>
struct CorrelationWeight {
  const T* data;
  index_t row_stride, channel_stride;
  std::array<index_t, 3> tap_strides;
};

/// How an image is unfolded: along each axis some taps get a copy of their own, the others are displacements in it.
///
/// Layout: (channel, copies of axis 0, 1, 2, positions along axis 0, 1, 2).
class Expansion {
 public:
  /// Unfolds for `block` outputs at a time along the split axis, the outermost with more than one output.
  constexpr Expansion(const Correlation& correlation, index_t block) {
    bool single = true;  // so far: with one output per axis, nothing has to follow at a fixed distance
    for (std::size_t i = 0; i < 3; ++i) {
      const CorrelationAxis& axis = correlation.axes[i];
      const index_t output = i == split_axis(correlation) ? block : axis.output;
      axes_[i] = {axis.taps, output, 0};
      if (single) {
        const index_t divisor = std::gcd(axis.stride, axis.step);
        const index_t copies = std::min(axis.stride / divisor, axis.taps), shift = axis.step / divisor;
        const index_t count = output + (axis.taps - 1) / copies * shift;
        if (copies * count <= axis.taps * output) axes_[i] = {copies, count, shift};
      }
      single = single && axis.output == 1;
    }
  }

  static constexpr std::size_t split_axis(const Correlation& correlation) {
    return correlation.axes[0].output > 1 ? 0 : correlation.axes[1].output > 1 ? 1 : 2;
  }

  /// Elements of one channel.
  constexpr index_t channel_size() const { return axes_[0].copies * axes_[1].copies * axes_[2].copies * plane(); }

  /// Writes where each (channel, tap) starts.
  constexpr void offsets(const Correlation& correlation, index_t channels, index_t* offset) const {
    for (index_t channel = 0; channel < channels; ++channel)
      for (index_t t0 = 0; t0 < correlation.axes[0].taps; ++t0)
        for (index_t t1 = 0; t1 < correlation.axes[1].taps; ++t1)
          for (index_t t2 = 0; t2 < correlation.axes[2].taps; ++t2) {
            const index_t copy =
                ((channel * axes_[0].copies + t0 % axes_[0].copies) * axes_[1].copies + t1 % axes_[1].copies) *
                    axes_[2].copies +
                t2 % axes_[2].copies;
            const index_t displacement =
                (axes_[0].displacement(t0) * axes_[1].count + axes_[1].displacement(t1)) * axes_[2].count +
                axes_[2].displacement(t2);
            *offset++ = copy * plane() + displacement;
          }
  }

  /// Unfolds `channels` channels of `x` for the outputs [first, first + count) of the split axis. `readable_end` ends
  /// the tensor `x` is part of. Writes up to a vector past the end of the unfolded image.
  template <class T>
  void unfold(const Correlation& correlation, index_t channels, index_t first, index_t count, const T* x,
              const T* readable_end, T* unfolded) const {
    const std::size_t split = split_axis(correlation);
    std::array<index_t, 3> positions{axes_[0].count, axes_[1].count, axes_[2].count}, origin{};
    positions[split] = count + axes_[split].displacement(correlation.axes[split].taps - 1);
    for (std::size_t i = 0; i < 3; ++i)
      origin[i] = correlation.axes[i].start + (i == split ? first * correlation.axes[i].stride : 0);
    const auto& [outer, middle, inner] = correlation.axes;
    for (index_t channel = 0; channel < channels; ++channel, x += correlation.in_size())
      for (index_t c0 = 0; c0 < axes_[0].copies; ++c0)
        for (index_t c1 = 0; c1 < axes_[1].copies; ++c1)
          for (index_t c2 = 0; c2 < axes_[2].copies; ++c2, unfolded += plane()) {
            const Run run(inner, origin[2] + c2 * inner.step, positions[2]);
            for (index_t i0 = 0; i0 < positions[0]; ++i0) {
              const index_t p0 = origin[0] + c0 * outer.step + i0 * outer.stride;
              for (index_t i1 = 0; i1 < positions[1]; ++i1) {
                const index_t p1 = origin[1] + c1 * middle.step + i1 * middle.stride;
                T* to = unfolded + (i0 * axes_[1].count + i1) * axes_[2].count;
                if (p0 >= 0 && p0 < outer.input && p1 >= 0 && p1 < middle.input)
                  run.copy(x + (p0 * middle.input + p1) * inner.input, readable_end, to);
                else
                  clear(to, positions[2]);
              }
            }
          }
  }

 private:
  struct Axis {
    index_t copies, count, shift;  // tap t is copy t % copies, displaced by t / copies * shift; count positions

    constexpr index_t displacement(index_t tap) const { return tap / copies * shift; }
  };

  /// Elements [from, to) of a row of positions lie inside the input, the others are padding.
  struct Run {
    index_t start, stride, from, to, count;

    constexpr Run(const CorrelationAxis& axis, index_t position, index_t positions)
        : start(position), stride(axis.stride), count(positions) {
      from = std::min(count, start >= 0 ? 0 : (-start + stride - 1) / stride);
      to = std::max(from, std::min(count, start >= axis.input ? 0 : (axis.input - start + stride - 1) / stride));
    }

    /// Whole vectors are written, in order: what one row writes too much the next one overwrites.
    template <class T>
    void copy(const T* x, const T* readable_end, T* y) const {
      clear(y, from);
      x += start + from * stride;
      const index_t length = to - from;
      T* const inside = y + from;
      if (stride != 1) {
        for (index_t i = 0; i < length; ++i) inside[i] = x[i * stride];
      } else if (round_up(length, lanes<T>) <= readable_end - x) {
        for (index_t i = 0; i < length; i += lanes<T>) Vector<T>::load_unaligned(x + i).store_unaligned(inside + i);
      } else {
        std::copy_n(x, length, inside);
      }
      clear(y + to, count - to);
    }
  };

  template <class T>
  static void clear(T* y, index_t count) {
    for (index_t i = 0; i < count; i += lanes<T>) Vector<T>(T(0)).store_unaligned(y + i);
  }

  constexpr index_t plane() const { return axes_[0].count * axes_[1].count * axes_[2].count; }

  std::array<Axis, 3> axes_{};
};

/// Which part of an image is unfolded at a time: the product's operands should stay in the second-level cache.
template <class T>
struct CorrelationBlock {
  index_t outputs;   // along the split axis
  index_t channels;  // their taps are the depth of one product

  static constexpr index_t capacity = 256 * 1024 / static_cast<index_t>(sizeof(T));  // elements of an unfolded block

  /// Between `min_depth` and `max_depth` (channel, tap) pairs, where the image has so many.
  constexpr CorrelationBlock(const Correlation& correlation, index_t min_depth = 64, index_t max_depth = 256) {
    const index_t taps = correlation.taps();
    const index_t wanted = std::min(correlation.channels, (min_depth + taps - 1) / taps);
    outputs = correlation.axes[Expansion::split_axis(correlation)].output;
    while (outputs > 1 && wanted * Expansion(correlation, outputs).channel_size() > capacity)
      outputs = (outputs + 1) / 2;
    const index_t fitting = std::min(max_depth / taps, capacity / Expansion(correlation, outputs).channel_size());
    channels = even_part(correlation.channels, std::max(index_t{1}, fitting));
  }
};

/// Elements that hold `count` offsets.
template <class T>
constexpr index_t offset_elements(index_t count) {
  return round_up(count * static_cast<index_t>(sizeof(index_t) / sizeof(T)), lanes<T>);
}

/// A correlation ready to run on one image after the other: packed weights and a table of offsets in a workspace.
template <class T>
class CorrelationProduct {
 public:
  static constexpr index_t workspace_size(const Correlation& correlation) {
    const CorrelationBlock<T> block(correlation);
    return offset_elements<T>(block.channels * correlation.taps()) + packed_size(correlation) +
           block.channels * Expansion(correlation, block.outputs).channel_size() + lanes<T>;
  }

  CorrelationProduct(const Correlation& correlation, const CorrelationWeight<T>& weight, T* workspace)
      : correlation_(correlation),
        block_(correlation),
        expansion_(correlation, block_.outputs),
        offsets_(::new(static_cast<void*>(workspace))
                     index_t[static_cast<std::size_t>(block_.channels * correlation.taps())]),
        packed_(workspace + offset_elements<T>(block_.channels * correlation.taps())),
        unfolded_(packed_ + packed_size(correlation)) {
    expansion_.offsets(correlation, block_.channels, offsets_);
    pack(weight);
    // The last tile reads up to a vector past the end.
    std::fill_n(unfolded_ + block_.channels * expansion_.channel_size(), lanes<T>, T(0));
  }

  /// One image: `x` (channels, in), `y` (rows, out).
  void run(const T* x, const T* readable_end, Start<T> start, T* y) const {
    const std::size_t split = Expansion::split_axis(correlation_);
    const index_t out_size = correlation_.out_size(), outputs = correlation_.axes[split].output;
    const index_t pixels_per_output = out_size / outputs;
    for (index_t first = 0, count; first < outputs; first += count) {
      count = even_part(outputs - first, block_.outputs);
      const index_t pixel = first * pixels_per_output;
      for (index_t channel = 0, channels; channel < correlation_.channels; channel += channels) {
        channels = std::min(correlation_.channels - channel, block_.channels);
        expansion_.unfold(correlation_, channels, first, count, x + channel * correlation_.in_size(), readable_end,
                          unfolded_);
        multiply<T>({.rows = correlation_.rows,
                     .columns = count * pixels_per_output,
                     .depth = channels * correlation_.taps(),
                     .a = packed_ + channel * correlation_.taps() * correlation_.rows,
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
  static constexpr index_t packed_size(const Correlation& correlation) {
    return round_up(correlation.rows * correlation.channels * correlation.taps(), lanes<T>);
  }

  void pack(const CorrelationWeight<T>& weight) const {
    const auto& [outer, middle, inner] = correlation_.axes;
    const auto& [s0, s1, s2] = weight.tap_strides;
    T* to = packed_;
    for (index_t channel = 0, channels; channel < correlation_.channels; channel += channels) {
      channels = std::min(correlation_.channels - channel, block_.channels);
      for_each_panel(correlation_.rows, [&](index_t first, index_t height) {
        for (index_t c = channel; c < channel + channels; ++c)
          for (index_t t0 = 0; t0 < outer.taps; ++t0)
            for (index_t t1 = 0; t1 < middle.taps; ++t1)
              for (index_t t2 = 0; t2 < inner.taps; ++t2) {
                const T* from = weight.data + c * weight.channel_stride + t0 * s0 + t1 * s1 + t2 * s2;
                for (index_t row = first; row < first + height; ++row) *to++ = from[row * weight.row_stride];
              }
      });
    }
  }

  Correlation correlation_;
  CorrelationBlock<T> block_;
  Expansion expansion_;
  index_t* offsets_;
  T* packed_;
  T* unfolded_;
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
