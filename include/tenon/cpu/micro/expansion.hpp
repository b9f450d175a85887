/// \file
/// The input of a convolution as the rows of a matrix, of which only a part is unfolded.
///
/// Unfolding an image into one row per (channel, tap) would copy each element once per tap. Here only the inner axes
/// are unfolded: along the outermost axis a tap is a displacement, because the rows of consecutive outputs follow each
/// other in memory. A 3 x 3 kernel copies an image 3 times, not 9, and a product reads it through a table of row
/// offsets.
#pragma once

#include <numeric>

#include "register_tile.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// One axis of a correlation. Output `o` meets tap `t` at input position `o * stride + start + t * step`; outside
/// [0, input) the input is zero.
struct CorrelationAxis {
  index_t input = 1, output = 1, taps = 1, stride = 1, start = 0, step = 1;
};

/// A correlation of one image, x (channels, inputs...) to y (rows, outputs...): y(row, o) is the sum over channels and
/// taps of weight(row, channel, tap) * x(channel, position of (o, tap)).
struct Correlation {
  index_t channels, rows;
  std::array<CorrelationAxis, 3> axes;

  constexpr index_t in_size() const { return axes[0].input * axes[1].input * axes[2].input; }
  constexpr index_t out_size() const { return axes[0].output * axes[1].output * axes[2].output; }
  constexpr index_t taps() const { return axes[0].taps * axes[1].taps * axes[2].taps; }
};

/// The weights of a correlation in memory, forward or mirrored, with rows and channels either way round:
/// weight(row, channel, tap) is `data[row * row_stride + channel * channel_stride + sum of tap[i] * tap_strides[i]]`.
template <class T>
struct CorrelationWeight {
  const T* data;
  index_t row_stride, channel_stride;
  std::array<index_t, 3> tap_strides;
};

/// The unfolding of an image: along each axis some taps get a copy of their own, the others are displacements in such a
/// copy. The unfolded image is (channels, copies along axis 0, 1, 2, positions along axis 0, 1, 2).
class Expansion {
 public:
  /// Unfolds for `block` outputs at a time along the split axis, the outermost with more than one output.
  constexpr Expansion(const Correlation& correlation, index_t block) : block_(block) {
    // Whether all axes before have one output. Only then may an axis have more positions than outputs.
    bool single = true;
    for (std::size_t i = 0; i < 3; ++i) {
      const CorrelationAxis& axis = correlation.axes[i];
      const index_t output = i == split_axis(correlation) ? block : axis.output;
      axes_[i] = {axis.taps, output, 0};
      if (single) {
        const index_t divisor = std::gcd(axis.stride, axis.step);
        const index_t copies = (std::min)(axis.stride / divisor, axis.taps), shift = axis.step / divisor;
        const index_t count = output + (axis.taps - 1) / copies * shift;
        if (copies * count <= axis.taps * output) axes_[i] = {copies, count, shift};
      }
      single = single && axis.output == 1;
    }
  }

  static constexpr std::size_t split_axis(const Correlation& correlation) {
    return correlation.axes[0].output > 1 ? 0 : correlation.axes[1].output > 1 ? 1 : 2;
  }

  /// Elements of one unfolded channel.
  constexpr index_t channel_size() const { return axes_[0].copies * axes_[1].copies * axes_[2].copies * plane(); }

  /// Writes to `offset` (channels, taps) where each (channel, tap) starts in the unfolded image.
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

  /// Elements of `padded`, in which `unfold` pads one channel; 0 where no output sees beyond the input.
  template <class T>
  constexpr index_t padded_size(const Correlation& correlation) const {
    const Extents extents(*this, correlation, 0, correlation.axes[split_axis(correlation)].output);
    if (extents.inside(correlation)) return 0;
    const auto& span = Extents(*this, correlation, 0, block_).span;
    return round_up(span[0] * span[1] * span[2], lanes<T>) + lanes<T>;
  }

  /// Unfolds `x` (channels, inputs...) to `unfolded` (channels, channel_size) for the outputs [first, first + count) of
  /// the split axis, and writes up to a vector past its end. `readable_end` is the end of the tensor that `x` is part
  /// of, `padded` has `padded_size` elements.
  template <class T>
  void unfold(const Correlation& correlation, index_t channels, index_t first, index_t count, const T* x,
              const T* readable_end, T* padded, T* unfolded) const {
    const Extents extents(*this, correlation, first, count);
    const auto& [outer, middle, inner] = correlation.axes;
    const bool inside = extents.inside(correlation);
    const index_t pitch = inside ? inner.input : extents.span[2];
    const index_t slice = pitch * (inside ? middle.input : extents.span[1]);
    RowCopy rows{extents.positions[1], extents.positions[2], inner.stride, middle.stride * pitch, axes_[2].count};
    rows.merge();
    for (index_t channel = 0; channel < channels; ++channel, x += correlation.in_size()) {
      if (!inside) pad(correlation, extents, x, readable_end, padded);
      const T* const from =
          inside ? x + (extents.origin[0] * middle.input + extents.origin[1]) * inner.input + extents.origin[2]
                 : padded;
      const T* const end = inside ? readable_end : padded + extents.span[0] * slice + lanes<T>;
      for (index_t c0 = 0; c0 < axes_[0].copies; ++c0)
        for (index_t c1 = 0; c1 < axes_[1].copies; ++c1)
          for (index_t c2 = 0; c2 < axes_[2].copies; ++c2, unfolded += plane())
            for (index_t i = 0; i < extents.positions[0]; ++i)
              rows(from + (c0 * outer.step + i * outer.stride) * slice + c1 * middle.step * pitch + c2 * inner.step,
                   end, unfolded + i * axes_[1].count * axes_[2].count);
    }
  }

 private:
  struct Axis {
    index_t copies, count, shift;  // tap t is in copy t % copies of `count` positions, displaced by t / copies * shift

    constexpr index_t displacement(index_t tap) const { return tap / copies * shift; }
  };

  /// The part of the input that some outputs see, padding included.
  struct Extents {
    std::array<index_t, 3> positions;  // in one copy
    std::array<index_t, 3> origin;     // first input position
    std::array<index_t, 3> span;       // input positions

    constexpr Extents(const Expansion& expansion, const Correlation& correlation, index_t first, index_t count)
        : positions{}, origin{}, span{} {
      for (std::size_t i = 0; i < 3; ++i) {
        const CorrelationAxis& axis = correlation.axes[i];
        const Axis& unfolded = expansion.axes_[i];
        const bool split = i == split_axis(correlation);
        positions[i] = split ? count + unfolded.displacement(axis.taps - 1) : unfolded.count;
        origin[i] = axis.start + (split ? first * axis.stride : 0);
        span[i] = (positions[i] - 1) * axis.stride + (unfolded.copies - 1) * axis.step + 1;
      }
    }

    constexpr bool inside(const Correlation& correlation) const {
      for (std::size_t i = 0; i < 3; ++i)
        if (origin[i] < 0 || origin[i] + span[i] > correlation.axes[i].input) return false;
      return true;
    }
  };

  /// Copies `rows` rows of `length` elements, which lie `stride` apart in `from`. Rows begin `from_pitch` and
  /// `to_pitch` apart. They are copied in order and in whole vectors: elements written past a row's end, the next one
  /// overwrites.
  struct RowCopy {
    index_t rows, length, stride, from_pitch, to_pitch;

    /// Joins the rows to one where they follow each other on both sides.
    constexpr void merge() {
      if (stride != 1 || from_pitch != length || to_pitch != length) return;
      length *= rows;
      rows = 1;
    }

    /// Copies from `from` to `to`; whole vectors are read only up to `readable_end`.
    template <class T>
    void operator()(const T* from, const T* readable_end, T* to) const {
      if (stride != 1) {
        for (index_t row = 0; row < rows; ++row, from += from_pitch, to += to_pitch)
          for (index_t i = 0; i < length; ++i) to[i] = from[i * stride];
      } else if ((rows - 1) * from_pitch + round_up(length, lanes<T>) <= readable_end - from) {
        for (index_t row = 0; row < rows; ++row, from += from_pitch, to += to_pitch)
          for (index_t i = 0; i < length; i += lanes<T>) Vector<T>::load_unaligned(from + i).store_unaligned(to + i);
      } else {
        for (index_t row = 0; row < rows; ++row, from += from_pitch, to += to_pitch) std::copy_n(from, length, to);
      }
    }
  };

  /// Copies one channel `x` (inputs...) to `padded` (span...): the part that lies inside the input, and zeros around
  /// it.
  template <class T>
  static void pad(const Correlation& correlation, const Extents& extents, const T* x, const T* readable_end,
                  T* padded) {
    const auto& [outer, middle, inner] = correlation.axes;
    const auto& [start0, start1, start2] = extents.origin;
    const index_t first = std::clamp(-start2, index_t{0}, extents.span[2]);
    const RowCopy row{1, (std::min)(inner.input, start2 + extents.span[2]) - (start2 + first), 1, 0, 0};
    T* written = padded;
    const auto clear_until = [&](T* end) {
      if (written >= end) return;
      Vector<T>(T(0)).store_unaligned(written);  // most gaps are short
      if (end - written > lanes<T>) std::fill(written + lanes<T>, end, T(0));
    };
    T* to = padded + first;
    for (index_t p0 = start0; p0 < start0 + extents.span[0]; ++p0)
      for (index_t p1 = start1; p1 < start1 + extents.span[1]; ++p1, to += extents.span[2]) {
        if (p0 < 0 || p0 >= outer.input || p1 < 0 || p1 >= middle.input || row.length <= 0) continue;
        clear_until(to);
        row(x + (p0 * middle.input + p1) * inner.input + start2 + first, readable_end, to);
        written = to + row.length;
      }
    clear_until(padded + extents.span[0] * extents.span[1] * extents.span[2]);
  }

  constexpr index_t plane() const { return axes_[0].count * axes_[1].count * axes_[2].count; }

  index_t block_;
  std::array<Axis, 3> axes_{};
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
