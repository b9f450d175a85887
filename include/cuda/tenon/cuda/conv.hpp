/// \file
/// Convolution on the device, and its transpose. The windows of the input become columns, which a matrix product reads
/// or writes.
#pragma once

#include <algorithm>
#include <tenon/nn/conv.hpp>
#include <tenon/nn/conv_transpose.hpp>

#include "gemm.hpp"
#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Copies the windows of `x` (images, channels, inputs...) to `columns` (images, channels * kernel elements, output
/// positions), 0 where they lie outside of it.
template <class T, int Rank>
struct Columns {
  Window axes[Rank];
  index_t rows, positions;  // channels * kernel elements, and output positions, of one image
  const T* x;
  T* columns;

  /// Takes `x_` (images, channels, inputs...) and `columns_` (images, rows, positions).
  Columns(const ConvGeometry<Rank>& geometry, const T* x_, T* columns_)
      : rows(geometry.in_channels * geometry.kernel_size()), positions(geometry.out_size()), x(x_), columns(columns_) {
    std::copy(geometry.axes.begin(), geometry.axes.end(), axes);
  }

  TENON_HOST_DEVICE void operator()(index_t i) const {
    index_t output = i % positions, kernel = i / positions, plane = 1, offset = 0;
    bool inside = true;
    for (int a = Rank - 1; a >= 0; --a) {
      const Window& axis = axes[a];
      const index_t at = axis.position(output % axis.output, kernel % axis.kernel);
      inside = inside && at >= 0 && at < axis.input;
      offset += at * plane;
      plane *= axis.input;
      output /= axis.output;
      kernel /= axis.kernel;
    }
    columns[i] = inside ? x[kernel * plane + offset] : T(0);  // by now `kernel` is image * channels + channel
  }
};

/// Adds `columns` (images, channels * kernel elements, output positions) to `x` (images, channels, inputs...): to each
/// element those that Columns copies it to.
template <class T, int Rank>
struct AddColumns {
  Window axes[Rank];
  index_t kernel_size, positions;
  const T* columns;
  T* x;

  /// Takes `columns_` (images, channels * kernel_size, positions) and `x_` (images, channels, inputs...).
  AddColumns(const ConvGeometry<Rank>& geometry, const T* columns_, T* x_)
      : kernel_size(geometry.kernel_size()), positions(geometry.out_size()), columns(columns_), x(x_) {
    std::copy(geometry.axes.begin(), geometry.axes.end(), axes);
  }

  TENON_HOST_DEVICE void operator()(index_t i) const {
    index_t at[Rank], plane = i;
    for (int a = Rank - 1; a >= 0; --a) {
      at[a] = plane % axes[a].input;
      plane /= axes[a].input;  // in the end image * channels + channel
    }
    T sum = 0;
    for (index_t k = 0; k < kernel_size; ++k) {
      index_t kernel = k, position = 0, size = 1;
      bool seen = true;
      for (int a = Rank - 1; a >= 0; --a) {
        const index_t output = axes[a].output_at(at[a], kernel % axes[a].kernel);
        seen = seen && output >= 0;
        position += output * size;
        size *= axes[a].output;
        kernel /= axes[a].kernel;
      }
      if (seen) sum += columns[(plane * kernel_size + k) * positions + position];
    }
    x[i] += sum;
  }
};

/// The passes of the convolution with the geometry `Geometry::value` between images `x` (batch, in_channels, inputs...)
/// and `y` (batch, out_channels, outputs...), with `weight` (out_channels, in_channels / groups, kernel axes...) and a
/// workspace of `workspace_size` elements. Gradients have the shapes of what they are the gradients of.
template <class T, class Geometry>
struct Convolution {
  static constexpr auto geometry = Geometry::value;
  static constexpr index_t positions = geometry.out_size(), groups = geometry.groups;
  static constexpr index_t out_channels = geometry.group_out_channels();
  static constexpr index_t rows = geometry.group_in_channels() * geometry.kernel_size();  // of one group's columns
  static constexpr index_t x_image = geometry.in_channels * geometry.in_size();
  static constexpr index_t y_image = geometry.out_channels * positions;

  /// Whether the input is its own columns.
  static constexpr bool is_product = [] {
    for (const Window& axis : geometry.axes)
      if (axis.kernel != 1 || axis.stride != 1 || axis.padding != 0 || axis.input != axis.output) return false;
    return true;
  }();
  static constexpr index_t columns_image = groups * rows * positions;
  /// The number of images at once: as many as have columns of 64 MiB, but at least one.
  static constexpr index_t images_at_once =
      is_product ? geometry.batch
                 : std::clamp<index_t>((index_t{64} << 20) / (static_cast<index_t>(sizeof(T)) * columns_image), 1,
                                       geometry.batch);
  static constexpr index_t workspace_size = is_product ? 0 : images_at_once * columns_image;

  /// Computes y = conv(x, weight) + bias; `bias` (out_channels) may be null.
  static void run(const T* x, const T* weight, const T* bias, T* y, T* workspace) {
    multiply(x, weight, false, y, workspace);
    finish<pointwise::Identity>(geometry.batch * y_image, geometry.out_channels, positions, bias, y);
  }
  /// Adds conv(x, weight) to `y`.
  static void add(const T* x, const T* weight, T* y, T* workspace) { multiply(x, weight, true, y, workspace); }

  /// Computes x = transposed conv(y, weight) + bias; `bias` (in_channels) may be null.
  static void run_transposed(const T* y, const T* weight, const T* bias, T* x, T* workspace) {
    device::fill(x, geometry.batch * x_image, T(0));
    add_transposed(y, weight, x, workspace);
    finish<pointwise::Identity>(geometry.batch * x_image, geometry.in_channels, geometry.in_size(), bias, x);
  }
  /// Adds transposed conv(y, weight) to `x`. Where `y` is the gradient of conv(x, weight), this is the gradient of x.
  static void add_transposed(const T* y, const T* weight, T* x, T* workspace) {
    for_each_pass([&](index_t first, index_t images) {
      T* const columns = is_product ? x + first * x_image : workspace;
      for (index_t group = 0; group < groups; ++group)
        gemm<T>({.m = rows,
                 .n = positions,
                 .k = out_channels,
                 .a = Stored::transposed,
                 .accumulate = is_product,
                 .batch = images,
                 .stride_b = y_image,
                 .stride_c = columns_image},
                weight + group * out_channels * rows, y + first * y_image + group * out_channels * positions,
                columns + group * rows * positions);
      if constexpr (!is_product)
        launch(images * x_image, AddColumns<T, geometry.axes.size()>(geometry, columns, x + first * x_image));
    });
  }

  /// Adds the gradient of the weight of conv(x, weight) to `grad_weight`, one image after the other.
  static void add_weight_gradient(const T* x, const T* grad_y, T* grad_weight, T* workspace) {
    for_each_pass([&](index_t first, index_t images) {
      const T* columns = columns_of(x, first, images, workspace);
      for (index_t image = 0; image < images; ++image)
        for (index_t group = 0; group < groups; ++group)
          gemm<T>({.m = out_channels, .n = rows, .k = positions, .b = Stored::transposed, .accumulate = true},
                  grad_y + (first + image) * y_image + group * out_channels * positions,
                  columns + image * columns_image + group * rows * positions,
                  grad_weight + group * out_channels * rows);
    });
  }

 private:
  /// Calls `f(first, images)` for as many images at once as there is memory for.
  template <class F>
  static void for_each_pass(F&& f) {
    for (index_t first = 0; first < geometry.batch; first += images_at_once)
      f(first, (std::min)(images_at_once, geometry.batch - first));
  }

  /// Returns the columns of `images` images from `first` on: in `workspace`, or the images themselves.
  static const T* columns_of(const T* x, index_t first, index_t images, T* workspace) {
    x += first * x_image;
    if constexpr (is_product) return x;
    launch(images * columns_image, Columns<T, geometry.axes.size()>(geometry, x, workspace));
    return workspace;
  }

  /// Computes y = conv(x, weight), or adds it with `accumulate`.
  static void multiply(const T* x, const T* weight, bool accumulate, T* y, T* workspace) {
    for_each_pass([&](index_t first, index_t images) {
      const T* columns = columns_of(x, first, images, workspace);
      for (index_t group = 0; group < groups; ++group)
        gemm<T>({.m = out_channels,
                 .n = positions,
                 .k = rows,
                 .accumulate = accumulate,
                 .batch = images,
                 .stride_b = columns_image,
                 .stride_c = y_image},
                weight + group * out_channels * rows, columns + group * rows * positions,
                y + first * y_image + group * out_channels * positions);
    });
  }
};

/// The kernel of convolutions and of transposed convolutions: each is the gradient of the other with respect to the
/// input.
template <class Operation>
struct ConvolutionKernel {
  template <class S>
  struct Geometry {
    static constexpr auto value = Operation::geometry(S{});
  };

  template <class Y, class X, class W, class B>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x, const W& weight, const B& bias) {
    using T = typename X::value_type;
    using Run = Convolution<T, Geometry<shape_of_t<X>>>;
    Array<T> workspace(Run::workspace_size);
    if constexpr (Operation::transposed)
      Run::run_transposed(x.data(), weight.data(), elements_or_null(bias), y.data(), workspace.data());
    else
      Run::run(x.data(), weight.data(), elements_or_null(bias), y.data(), workspace.data());
  }

  template <class Y, class X, class W, class B>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    using T = typename X::value_type;
    using Run = Convolution<T, Geometry<shape_of_t<X>>>;
    Array<T> workspace(x.grad || weight.grad ? Run::workspace_size : 0);
    if (T* grad = x.grad_to_add()) {
      if constexpr (Operation::transposed)
        Run::add(grad_y.data(), weight.value.data(), grad, workspace.data());
      else
        Run::add_transposed(grad_y.data(), weight.value.data(), grad, workspace.data());
    }
    if (T* grad = weight.grad_to_add()) {
      // What the convolution that both are passes of reads, and the gradient of what it writes.
      const T *read = x.value.data(), *written = grad_y.data();
      if (Operation::transposed) std::swap(read, written);
      Run::add_weight_gradient(read, written, grad, workspace.data());
    }
    if (T* grad = bias.grad_to_add())
      add_channel_sums(Run::geometry.batch, Operation::out_channels,
                       shape_of_t<Y>::size / (Run::geometry.batch * Operation::out_channels),
                       ElementOf<T>{grad_y.data()}, grad);
  }
};

template <int Rank, index_t In, index_t Out, class K, class S, class P, class D, index_t Groups>
struct Kernel<operation::Conv<Rank, In, Out, K, S, P, D, Groups>>
    : ConvolutionKernel<operation::Conv<Rank, In, Out, K, S, P, D, Groups>> {};

template <int Rank, index_t In, index_t Out, class K, class S, class P, class OutputPadding, class D, index_t Groups>
struct Kernel<operation::ConvTranspose<Rank, In, Out, K, S, P, OutputPadding, D, Groups>>
    : ConvolutionKernel<operation::ConvTranspose<Rank, In, Out, K, S, P, OutputPadding, D, Groups>> {};

}  // namespace tenon::inline TENON_ISA::cuda
