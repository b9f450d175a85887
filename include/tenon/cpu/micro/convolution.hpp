/// \file
/// Convolution of plain images, any rank from 1 to 3, any stride, padding, dilation and groups: forward and gradients.
///
/// Images are (batch, channels, axes...), weights (out_channels, in_channels / groups, kernel axes...). Gradients are
/// added to what is there. Every pass is a correlation, so all layers of one element type share one set of kernels.
#pragma once

#include "correlation.hpp"
#include "dot_tile.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

namespace detail {

constexpr std::size_t index(index_t i) { return static_cast<std::size_t>(i); }

/// The windows of a convolution as the last of three axes.
template <int Rank>
constexpr std::array<Window, 3> three_axes(const ConvGeometry<Rank>& geometry) {
  static_assert(Rank >= 1 && Rank <= 3);
  std::array<Window, 3> axes{};
  for (std::size_t i = 0; i < Rank; ++i) axes[3 - Rank + i] = geometry.axes[i];
  return axes;
}

/// Distances of neighbouring taps in a kernel.
constexpr std::array<index_t, 3> tap_strides(const std::array<Window, 3>& axes) {
  return {axes[1].kernel * axes[2].kernel, axes[2].kernel, 1};
}

/// One group of a forward pass.
template <int Rank>
constexpr Correlation forward_correlation(const ConvGeometry<Rank>& geometry) {
  Correlation correlation{geometry.group_in_channels(), geometry.group_out_channels(), {}};
  const std::array<Window, 3> axes = three_axes(geometry);
  for (std::size_t i = 0; i < 3; ++i)
    correlation.axes[i] = {axes[i].input,  axes[i].output,   axes[i].kernel,
                           axes[i].stride, -axes[i].padding, axes[i].dilation};
  return correlation;
}

/// The input positions `phase + stride * o` of a convolution see every `tap_step`th tap, from `last_tap` down: along
/// one axis their gradient is a correlation of stride 1.
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

/// Calls `f(correlation, phases, first)` for each set of input positions of a group that see the same taps; `first` is
/// the first position of each axis.
template <int Rank, class F>
constexpr void for_each_phase(const ConvGeometry<Rank>& geometry, F&& f) {
  const std::array<Window, 3> axes = three_axes(geometry);
  std::array<index_t, 3> first{};
  for (first[0] = 0; first[0] < std::min(axes[0].stride, axes[0].input); ++first[0])
    for (first[1] = 0; first[1] < std::min(axes[1].stride, axes[1].input); ++first[1])
      for (first[2] = 0; first[2] < std::min(axes[2].stride, axes[2].input); ++first[2]) {
        const std::array<Phase, 3> phases{Phase(axes[0], first[0]), Phase(axes[1], first[1]), Phase(axes[2], first[2])};
        const Correlation correlation{geometry.group_out_channels(),
                                      geometry.group_in_channels(),
                                      {phases[0].axis, phases[1].axis, phases[2].axis}};
        if (correlation.taps() > 0) f(correlation, phases, first);
      }
}

/// Adds `from` (channels, positions of a phase) to those positions of `to` (channels, input positions).
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

/// How many images are unfolded together for a weight gradient: the sums over pixels should be long, but the rows of
/// the output gradient one tile reads should stay in the first-level cache.
template <class T>
struct WeightGradientBlock : CorrelationBlock<T> {
  index_t images, image_size, row_pitch;  // row_pitch: of the output gradient, padded to whole vectors

  constexpr WeightGradientBlock(const Correlation& correlation, index_t batch) : CorrelationBlock<T>(correlation) {
    const index_t split = correlation.axes[Expansion::split_axis(correlation)].output;
    image_size = this->channels * Expansion(correlation, this->outputs).channel_size();
    row_pitch = padded_pitch<T>(correlation.out_size() / split * this->outputs);
    constexpr index_t row_elements = 4096 / static_cast<index_t>(sizeof(T));
    images =
        std::clamp(std::min(row_elements / row_pitch, CorrelationBlock<T>::capacity / image_size), index_t{1}, batch);
  }
};

}  // namespace detail

/// Elements of workspace `convolution_forward` needs.
template <class T, int Rank>
constexpr index_t convolution_forward_workspace_size(const ConvGeometry<Rank>& geometry) {
  return CorrelationProduct<T>::workspace_size(detail::forward_correlation(geometry));
}

/// `y` (batch, out_channels, outputs...) = convolution of `x` (batch, in_channels, inputs...); `bias` may be null.
template <class T, int Rank>
void convolution_forward(const ConvGeometry<Rank>& geometry, const T* x, const T* weight, const T* bias, T* y,
                         T* workspace) {
  const Correlation correlation = detail::forward_correlation(geometry);
  const auto [channels, rows, axes] = correlation;
  const index_t in_size = geometry.in_size(), out_size = geometry.out_size(), taps = geometry.kernel_size();
  const T* const x_end = x + geometry.batch * geometry.in_channels * in_size;
  for (index_t group = 0; group < geometry.groups; ++group) {
    const CorrelationProduct<T> product(correlation,
                                        {weight + group * rows * channels * taps, channels * taps, taps,
                                         detail::tap_strides(detail::three_axes(geometry))},
                                        workspace);
    const auto start = Start<T>::per_row(bias ? bias + group * rows : nullptr);
    for (index_t image = 0; image < geometry.batch; ++image)
      product.run(x + (image * geometry.in_channels + group * channels) * in_size, x_end, start,
                  y + (image * geometry.out_channels + group * rows) * out_size);
  }
}

/// Elements of workspace `convolution_backward_input` needs.
template <class T, int Rank>
constexpr index_t convolution_backward_input_workspace_size(const ConvGeometry<Rank>& geometry) {
  index_t size = 0;
  detail::for_each_phase(geometry, [&](const Correlation& correlation, const auto&, const auto&) {
    const index_t gathered = correlation.rows * correlation.out_size();
    size = std::max(size, round_up(CorrelationProduct<T>::workspace_size(correlation), lanes<T>) + gathered);
  });
  return size;
}

/// `grad_x` (batch, in_channels, inputs...) += the gradient with respect to the input, from `grad_y` of `y`'s shape.
template <class T, int Rank>
void convolution_backward_input(const ConvGeometry<Rank>& geometry, const T* grad_y, const T* weight, T* grad_x,
                                T* workspace) {
  const std::array<Window, 3> axes = detail::three_axes(geometry);
  const std::array<index_t, 3> tap_strides = detail::tap_strides(axes);
  const bool in_place = detail::unit_stride(axes);
  const index_t in_size = geometry.in_size(), out_size = geometry.out_size(), taps = geometry.kernel_size();
  const T* const grad_y_end = grad_y + geometry.batch * geometry.out_channels * out_size;
  for (index_t group = 0; group < geometry.groups; ++group)
    detail::for_each_phase(geometry, [&](const Correlation& correlation, const auto& phases, const auto& first) {
      CorrelationWeight<T> mirrored{
          weight + group * correlation.channels * correlation.rows * taps, taps, correlation.rows * taps, {}};
      for (std::size_t i = 0; i < 3; ++i) {
        mirrored.data += phases[i].last_tap * tap_strides[i];
        mirrored.tap_strides[i] = -phases[i].tap_step * tap_strides[i];
      }
      const CorrelationProduct<T> product(correlation, mirrored, workspace);
      T* const gathered = workspace + round_up(CorrelationProduct<T>::workspace_size(correlation), lanes<T>);
      for (index_t image = 0; image < geometry.batch; ++image) {
        const T* from = grad_y + (image * geometry.out_channels + group * correlation.channels) * out_size;
        T* to = grad_x + (image * geometry.in_channels + group * correlation.rows) * in_size;
        if (in_place) {
          product.run(from, grad_y_end, Start<T>::matrix(to, in_size), to);
        } else {
          product.run(from, grad_y_end, Start<T>::zero(), gathered);
          detail::scatter_add(correlation.rows, axes, first, gathered, to);
        }
      }
    });
}

/// Elements of workspace `convolution_backward_weight` needs.
template <class T, int Rank>
constexpr index_t convolution_backward_weight_workspace_size(const ConvGeometry<Rank>& geometry) {
  const Correlation correlation = detail::forward_correlation(geometry);
  const detail::WeightGradientBlock<T> block(correlation, geometry.batch);
  return offset_elements<T>(block.channels * correlation.taps()) + block.images * correlation.rows * block.row_pitch +
         Expansion(correlation, block.outputs).template padded_size<T>(correlation) + block.images * block.image_size +
         lanes<T>;
}

/// `grad_weight` += the gradient with respect to the weight, from `grad_y` of `y`'s shape.
template <class T, int Rank>
void convolution_backward_weight(const ConvGeometry<Rank>& geometry, const T* x, const T* grad_y, T* grad_weight,
                                 T* workspace) {
  const Correlation correlation = detail::forward_correlation(geometry);
  const detail::WeightGradientBlock<T> block(correlation, geometry.batch);
  const Expansion expansion(correlation, block.outputs);
  const index_t in_size = geometry.in_size(), out_size = geometry.out_size(), taps = geometry.kernel_size();
  const index_t outputs = correlation.axes[Expansion::split_axis(correlation)].output, rows = correlation.rows;
  const index_t pixels_per_output = out_size / outputs;
  const T* const x_end = x + geometry.batch * geometry.in_channels * in_size;

  auto* const offsets = ::new (static_cast<void*>(workspace)) index_t[detail::index(block.channels * taps)];
  expansion.offsets(correlation, block.channels, offsets);
  T* const gradient = workspace + offset_elements<T>(block.channels * taps);  // (images, rows, row_pitch)
  T* const padded = gradient + block.images * rows * block.row_pitch;
  T* const unfolded = padded + expansion.template padded_size<T>(correlation);
  std::fill_n(unfolded + block.images * block.image_size, lanes<T>, T(0));

  for (index_t group = 0; group < geometry.groups; ++group)
    for (index_t image = 0, images; image < geometry.batch; image += images) {
      images = std::min(geometry.batch - image, block.images);
      for (index_t first = 0, count; first < outputs; first += count) {
        count = even_part(outputs - first, block.outputs);
        const index_t pixels = count * pixels_per_output;
        for (index_t i = 0; i < images; ++i)
          for (index_t row = 0; row < rows; ++row) {
            const T* from = grad_y + ((image + i) * geometry.out_channels + group * rows + row) * out_size;
            std::copy_n(from + first * pixels_per_output, pixels, gradient + (i * rows + row) * block.row_pitch);
          }
        for (index_t channel = 0, channels; channel < correlation.channels; channel += channels) {
          channels = std::min(correlation.channels - channel, block.channels);
          for (index_t i = 0; i < images; ++i)
            expansion.unfold(
                correlation, channels, first, count,
                x + ((image + i) * geometry.in_channels + group * correlation.channels + channel) * in_size, x_end,
                padded, unfolded + i * block.image_size);
          add_dot_products<T>(rows, channels * taps,
                              {.images = images,
                               .length = pixels,
                               .a = gradient,
                               .a_row_stride = block.row_pitch,
                               .a_image_stride = rows * block.row_pitch,
                               .b = unfolded,
                               .b_offsets = offsets,
                               .b_image_stride = block.image_size,
                               .c = grad_weight + (group * rows * correlation.channels + channel) * taps,
                               .c_row_stride = correlation.channels * taps});
        }
      }
    }
}

/// `grad_bias` (out_channels) += the sums of `grad_y` over batch and pixels.
template <class T, int Rank>
void convolution_backward_bias(const ConvGeometry<Rank>& geometry, const T* grad_y, T* grad_bias) {
  const index_t pixels = geometry.out_size();
  const index_t whole = pixels / lanes<T> * lanes<T>;
  for (index_t channel = 0; channel < geometry.out_channels; ++channel) {
    Vector<T> sums[4] = {Vector<T>(T(0)), Vector<T>(T(0)), Vector<T>(T(0)), Vector<T>(T(0))};
    T rest = T(0);
    for (index_t image = 0; image < geometry.batch; ++image) {
      const T* plane = grad_y + (image * geometry.out_channels + channel) * pixels;
      index_t i = 0;
      for (; i + 4 * lanes<T> <= whole; i += 4 * lanes<T>)
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j) sums[j] += Vector<T>::load_unaligned(plane + i + j * lanes<T>);
      for (; i < whole; i += lanes<T>) sums[0] += Vector<T>::load_unaligned(plane + i);
      for (; i < pixels; ++i) rest += plane[i];
    }
    T total[4] = {};
    detail::add_sums<T>(sums, total);
    grad_bias[channel] += (total[0] + total[1]) + (total[2] + total[3]) + rest;
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
