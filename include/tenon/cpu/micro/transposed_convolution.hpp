/// \file
/// Transposed convolution of plain images, any rank from 1 to 3, any stride, padding, dilation and groups: the gradient
/// of a convolution with respect to its input.
///
/// Input positions a multiple of the stride apart see the same taps. With stride 2 and two axes there are four sets of
/// such positions; on each of them the transposed convolution is a correlation of stride 1 with a part of the mirrored
/// kernel.
#pragma once

#include "convolution.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

namespace detail {

/// The input positions `phase + stride * o` along one axis of a convolution. They see every `tap_step`th tap, from
/// `last_tap` down; their gradient is a correlation of stride 1.
struct Phase {
  CorrelationAxis axis;
  index_t last_tap = 0, tap_step = 1;

  constexpr Phase(const Window& window, index_t phase)
      : axis{window.output, (window.input - phase + window.stride - 1) / window.stride, 0, 1, 0, 1} {
    const index_t divisor = std::gcd(window.stride, window.dilation);
    tap_step = window.stride / divisor;
    axis.step = window.dilation / divisor;
    for (index_t tap = 0; tap < window.kernel; ++tap) {
      const index_t distance = phase + window.padding - tap * window.dilation;
      if (distance % window.stride != 0) continue;
      ++axis.taps;
      last_tap = tap;
      axis.start = distance / window.stride;
    }
  }
};

/// Calls `f(correlation, phases, first)` for each set of input positions of a group that see the same taps; `first` has
/// the first position along each axis.
template <int Rank, class F>
constexpr void for_each_phase(const ConvGeometry<Rank>& geometry, F&& f) {
  const std::array<Window, 3> axes = three_axes(geometry);
  std::array<index_t, 3> first{};
  for (first[0] = 0; first[0] < (std::min)(axes[0].stride, axes[0].input); ++first[0])
    for (first[1] = 0; first[1] < (std::min)(axes[1].stride, axes[1].input); ++first[1])
      for (first[2] = 0; first[2] < (std::min)(axes[2].stride, axes[2].input); ++first[2]) {
        const std::array<Phase, 3> phases{Phase(axes[0], first[0]), Phase(axes[1], first[1]), Phase(axes[2], first[2])};
        const Correlation correlation{geometry.group_out_channels(),
                                      geometry.group_in_channels(),
                                      {phases[0].axis, phases[1].axis, phases[2].axis}};
        if (correlation.taps() > 0) f(correlation, phases, first);
      }
}

/// Adds `from` (channels, positions of a phase...) to these positions of `to` (channels, inputs...).
template <class T>
void scatter_add(index_t channels, const std::array<Window, 3>& axes, const std::array<index_t, 3>& first,
                 const T* from, T* to) {
  for (index_t channel = 0; channel < channels; ++channel)
    for (index_t i0 = first[0]; i0 < axes[0].input; i0 += axes[0].stride)
      for (index_t i1 = first[1]; i1 < axes[1].input; i1 += axes[1].stride) {
        T* row = to + ((channel * axes[0].input + i0) * axes[1].input + i1) * axes[2].input;
        for (index_t i2 = first[2]; i2 < axes[2].input; i2 += axes[2].stride) row[i2] += *from++;
      }
}

constexpr bool unit_stride(const std::array<Window, 3>& axes) {
  return axes[0].stride == 1 && axes[1].stride == 1 && axes[2].stride == 1;
}

}  // namespace detail

/// The transposed convolution of images with packed weights: the gradient of a convolution with respect to its input.
/// `geometry` is the convolution's.
template <class T, int Rank>
class TransposedConvolution {
 public:
  constexpr explicit TransposedConvolution(const ConvGeometry<Rank>& geometry) : geometry_(geometry) {}

  /// Elements of the packed weights.
  constexpr index_t packed_size() const {
    index_t size = 0;
    detail::for_each_phase(geometry_, [&](const Correlation& correlation, const auto&, const auto&) {
      size += geometry_.groups * CorrelationProduct<T>::packed_size(correlation);
    });
    return size;
  }
  /// Elements of the workspace of `run` and `add`.
  constexpr index_t workspace_size() const {
    index_t size = 0;
    detail::for_each_phase(geometry_, [&](const Correlation& correlation, const auto&, const auto&) {
      size = (std::max)(size, product_size(correlation) + correlation.rows * correlation.out_size());
    });
    return size;
  }

  /// Packs `weight` (out_channels, in_channels / groups, kernel axes...) to `packed`, of `packed_size` elements.
  void pack(const T* weight, T* packed) const {
    const index_t taps = geometry_.kernel_size();
    const std::array<index_t, 3> tap_strides = detail::tap_strides(detail::three_axes(geometry_));
    detail::for_each_phase(geometry_, [&](const Correlation& correlation, const auto& phases, const auto&) {
      for (index_t group = 0; group < geometry_.groups; ++group) {
        CorrelationWeight<T> mirrored{
            weight + group * correlation.channels * correlation.rows * taps, taps, correlation.rows * taps, {}};
        for (std::size_t i = 0; i < 3; ++i) {
          mirrored.data += phases[i].last_tap * tap_strides[i];
          mirrored.tap_strides[i] = -phases[i].tap_step * tap_strides[i];
        }
        CorrelationProduct<T>::pack(correlation, mirrored, packed);
        packed += CorrelationProduct<T>::packed_size(correlation);
      }
    });
  }

  /// Computes `y` (batch, in_channels, inputs...) = transposed convolution of `x`
  /// (batch, out_channels, outputs...) + `bias` (in_channels), which may be null. `workspace` has `workspace_size`
  /// elements.
  void run(const T* x, const T* packed, const T* bias, T* y, T* workspace) const {
    const index_t pixels = geometry_.in_size();
    for (index_t plane = 0; plane < geometry_.batch * geometry_.in_channels; ++plane)
      std::fill_n(y + plane * pixels, pixels, bias ? bias[plane % geometry_.in_channels] : T(0));
    add(x, packed, y, workspace);
  }

  /// Adds the transposed convolution of `x` to `y`; pointers are as in `run`.
  void add(const T* x, const T* packed, T* y, T* workspace) const {
    const std::array<Window, 3> axes = detail::three_axes(geometry_);
    const bool in_place = detail::unit_stride(axes);
    const T* const x_end = x + geometry_.batch * geometry_.out_channels * geometry_.out_size();
    detail::for_each_phase(geometry_, [&](const Correlation& correlation, const auto&, const auto& first) {
      const CorrelationProduct<T> product(correlation, workspace);
      T* const gathered = workspace + product_size(correlation);
      for (index_t group = 0; group < geometry_.groups; ++group) {
        for (index_t image = 0; image < geometry_.batch; ++image) {
          const index_t part = image * geometry_.groups + group;
          const T* from = x + part * correlation.channels * correlation.in_size();
          T* to = y + part * correlation.rows * geometry_.in_size();
          if (in_place) {
            product.run(packed, from, x_end, Start<T>::matrix(to, correlation.out_size()), to);
          } else {
            product.run(packed, from, x_end, Start<T>::zero(), gathered);
            detail::scatter_add(correlation.rows, axes, first, gathered, to);
          }
        }
        packed += CorrelationProduct<T>::packed_size(correlation);
      }
    });
  }

 private:
  static constexpr index_t product_size(const Correlation& correlation) {
    return round_up(CorrelationProduct<T>::workspace_size(correlation), lanes<T>);
  }

  ConvGeometry<Rank> geometry_;
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
