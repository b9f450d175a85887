/// \file
/// Convolution of plain images, any rank from 1 to 3, any stride, padding, dilation and groups, and the gradients of
/// weight and bias. The gradient of the input is a transposed convolution.
///
/// Images are (batch, channels, axes...), weights (out_channels, in_channels / groups, kernel axes...). Every pass is a
/// correlation, so all layers of one element type share one set of kernels.
#pragma once

#include "correlation.hpp"
#include "dot_tile.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

namespace detail {

constexpr std::size_t index(index_t i) { return static_cast<std::size_t>(i); }

/// Returns the windows of a convolution as the last of three axes; the axes before them have one position.
template <int Rank>
constexpr std::array<Window, 3> three_axes(const ConvGeometry<Rank>& geometry) {
  static_assert(Rank >= 1 && Rank <= 3);
  std::array<Window, 3> axes{};
  for (std::size_t i = 0; i < Rank; ++i) axes[3 - Rank + i] = geometry.axes[i];
  return axes;
}

/// Returns the distance between neighbouring taps of a kernel along each axis.
constexpr std::array<index_t, 3> tap_strides(const std::array<Window, 3>& axes) {
  return {axes[1].kernel * axes[2].kernel, axes[2].kernel, 1};
}

/// Returns the forward pass of one group as a correlation.
template <int Rank>
constexpr Correlation forward_correlation(const ConvGeometry<Rank>& geometry) {
  Correlation correlation{geometry.group_in_channels(), geometry.group_out_channels(), {}};
  const std::array<Window, 3> axes = three_axes(geometry);
  for (std::size_t i = 0; i < 3; ++i)
    correlation.axes[i] = {axes[i].input,  axes[i].output,   axes[i].kernel,
                           axes[i].stride, -axes[i].padding, axes[i].dilation};
  return correlation;
}

/// The number of images that are unfolded together for a weight gradient. The sums over pixels should be long, but the
/// rows of the output gradient that a tile reads should stay in the first-level cache.
template <class T>
struct WeightGradientBlock : CorrelationBlock<T> {
  index_t images, image_size, row_pitch;  // row_pitch: of the output gradient, padded to whole vectors

  constexpr WeightGradientBlock(const Correlation& correlation, index_t batch) : CorrelationBlock<T>(correlation) {
    const index_t split = correlation.axes[Expansion::split_axis(correlation)].output;
    image_size = this->channels * Expansion(correlation, this->outputs).channel_size();
    row_pitch = padded_pitch<T>(correlation.out_size() / split * this->outputs);
    constexpr index_t row_elements = 4096 / static_cast<index_t>(sizeof(T));
    images =
        std::clamp((std::min)(row_elements / row_pitch, CorrelationBlock<T>::capacity / image_size), index_t{1}, batch);
  }
};

}  // namespace detail

/// The convolution of images with packed weights.
template <class T, int Rank>
class Convolution {
 public:
  constexpr explicit Convolution(const ConvGeometry<Rank>& geometry)
      : geometry_(geometry), correlation_(detail::forward_correlation(geometry)) {}

  /// Elements of the packed weights.
  constexpr index_t packed_size() const { return geometry_.groups * CorrelationProduct<T>::packed_size(correlation_); }
  /// Elements of the workspace of `run` and `add`.
  constexpr index_t workspace_size() const { return CorrelationProduct<T>::workspace_size(correlation_); }

  /// Packs `weight` (out_channels, in_channels / groups, kernel axes...) to `packed`, of `packed_size` elements.
  void pack(const T* weight, T* packed) const {
    const index_t taps = correlation_.taps(), row_weights = correlation_.channels * taps;
    for (index_t group = 0; group < geometry_.groups; ++group)
      CorrelationProduct<T>::pack(correlation_,
                                  {weight + group * correlation_.rows * row_weights, row_weights, taps,
                                   detail::tap_strides(detail::three_axes(geometry_))},
                                  packed + group * CorrelationProduct<T>::packed_size(correlation_));
  }

  /// Computes `y` (batch, out_channels, outputs...) = convolution of `x` (batch, in_channels, inputs...) + `bias`
  /// (out_channels), which may be null. `workspace` has `workspace_size` elements.
  void run(const T* x, const T* packed, const T* bias, T* y, T* workspace) const {
    for_each_image(x, packed, y, workspace, [&](index_t group, T*) {
      return Start<T>::per_row(bias ? bias + group * correlation_.rows : nullptr);
    });
  }

  /// Adds the convolution of `x` to `y`; pointers are as in `run`.
  void add(const T* x, const T* packed, T* y, T* workspace) const {
    for_each_image(x, packed, y, workspace,
                   [&](index_t, T* to) { return Start<T>::matrix(to, correlation_.out_size()); });
  }

 private:
  /// Runs the product on each group of each image. `start(group, to)` gives what its sums start from, where `to`
  /// (rows, outputs...) is the group's part of `y`.
  template <class F>
  void for_each_image(const T* x, const T* packed, T* y, T* workspace, F&& start) const {
    const CorrelationProduct<T> product(correlation_, workspace);
    const index_t x_group = correlation_.channels * correlation_.in_size();
    const index_t y_group = correlation_.rows * correlation_.out_size();
    const T* const x_end = x + geometry_.batch * geometry_.groups * x_group;
    for (index_t group = 0; group < geometry_.groups; ++group) {
      const T* weights = packed + group * CorrelationProduct<T>::packed_size(correlation_);
      for (index_t image = 0; image < geometry_.batch; ++image) {
        const index_t part = image * geometry_.groups + group;
        T* const to = y + part * y_group;
        product.run(weights, x + part * x_group, x_end, start(group, to), to);
      }
    }
  }

  ConvGeometry<Rank> geometry_;
  Correlation correlation_;
};

/// Elements of the workspace of `convolution_backward_weight`.
template <class T, int Rank>
constexpr index_t convolution_backward_weight_workspace_size(const ConvGeometry<Rank>& geometry) {
  const Correlation correlation = detail::forward_correlation(geometry);
  const detail::WeightGradientBlock<T> block(correlation, geometry.batch);
  return offset_elements<T>(block.channels * correlation.taps()) + block.images * correlation.rows * block.row_pitch +
         Expansion(correlation, block.outputs).template padded_size<T>(correlation) + block.images * block.image_size +
         lanes<T>;
}

/// Adds the gradient of a convolution with respect to its weight to `grad_weight` (out_channels, in_channels / groups,
/// kernel axes...), from `x` (batch, in_channels, inputs...) and `grad_y` (batch, out_channels, outputs...).
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
      images = (std::min)(geometry.batch - image, block.images);
      for (index_t first = 0, count; first < outputs; first += count) {
        count = even_part(outputs - first, block.outputs);
        const index_t pixels = count * pixels_per_output;
        for (index_t i = 0; i < images; ++i)
          for (index_t row = 0; row < rows; ++row) {
            const T* from = grad_y + ((image + i) * geometry.out_channels + group * rows + row) * out_size;
            std::copy_n(from + first * pixels_per_output, pixels, gradient + (i * rows + row) * block.row_pitch);
          }
        for (index_t channel = 0, channels; channel < correlation.channels; channel += channels) {
          channels = (std::min)(correlation.channels - channel, block.channels);
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

/// Adds the sums of `x` (batch, channels, pixels) over batch and pixels to `sums` (channels): the gradient of a bias.
template <class T>
void add_channel_sums(index_t batch, index_t channels, index_t pixels, const T* x, T* sums) {
  const index_t whole = pixels / lanes<T> * lanes<T>;
  for (index_t channel = 0; channel < channels; ++channel) {
    Vector<T> sum[4] = {Vector<T>(T(0)), Vector<T>(T(0)), Vector<T>(T(0)), Vector<T>(T(0))};
    T rest = T(0);
    for (index_t image = 0; image < batch; ++image) {
      const T* plane = x + (image * channels + channel) * pixels;
      index_t i = 0;
      for (; i + 4 * lanes<T> <= whole; i += 4 * lanes<T>)
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j) sum[j] += Vector<T>::load_unaligned(plane + i + j * lanes<T>);
      for (; i < whole; i += lanes<T>) sum[0] += Vector<T>::load_unaligned(plane + i);
      for (; i < pixels; ++i) rest += plane[i];
    }
    T total[4] = {};
    detail::add_sums<T>(sum, total);
    sums[channel] += (total[0] + total[1]) + (total[2] + total[3]) + rest;
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
