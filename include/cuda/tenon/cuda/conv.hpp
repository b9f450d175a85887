/// \file
/// Convolution on the device: the windows of the input become columns, which a matrix product reads.
#pragma once

#include <algorithm>
#include <tenon/nn/conv.hpp>

#include "gemm.hpp"
#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// columns (images, channels * kernel elements, output positions) of x (images, channels, axes...), 0 outside of it.
template <class T, int Rank>
struct Columns {
  Window axes[Rank];
  index_t rows, positions;  // channels * kernel elements; of one image
  const T* x;
  T* columns;

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
    columns[i] = inside ? x[kernel * plane + offset] : T(0);  // what is left of kernel: image * channels + channel
  }
};

/// y = function(conv(x, weight) + bias) with the geometry `Geometry::value`; bias may be null.
template <class T, class Geometry>
struct Convolution {
  static constexpr auto geometry = Geometry::value;
  static constexpr index_t positions = geometry.out_size(), groups = geometry.groups;
  static constexpr index_t out_channels = geometry.group_out_channels();
  static constexpr index_t rows = geometry.group_in_channels() * geometry.kernel_size();  // of one group's columns

  /// Whether the input is its own columns.
  static constexpr bool is_product = [] {
    for (const Window& axis : geometry.axes)
      if (axis.kernel != 1 || axis.stride != 1 || axis.padding != 0) return false;
    return true;
  }();
  /// As many images at once as have columns of 64 MiB, but one at least.
  static constexpr index_t images_at_once =
      is_product
          ? geometry.batch
          : std::clamp<index_t>((index_t{64} << 20) / (static_cast<index_t>(sizeof(T)) * groups * rows * positions), 1,
                                geometry.batch);
  static constexpr index_t workspace_size = is_product ? 0 : images_at_once * groups * rows * positions;

  template <class Function = pointwise::Identity>
  static void run(const T* x, const T* weight, const T* bias, T* y, T* workspace) {
    constexpr index_t x_image = geometry.in_channels * geometry.in_size();
    constexpr index_t y_image = geometry.out_channels * positions;
    for (index_t first = 0; first < geometry.batch; first += images_at_once) {
      const index_t images = std::min(images_at_once, geometry.batch - first);
      const T* columns = x + first * x_image;
      if constexpr (!is_product) {
        launch(images * groups * rows * positions, Columns<T, geometry.axes.size()>(geometry, columns, workspace));
        columns = workspace;
      }
      for (index_t group = 0; group < groups; ++group)
        gemm<T>({.m = out_channels,
                 .n = positions,
                 .k = rows,
                 .batch = images,
                 .stride_b = groups * rows * positions,
                 .stride_c = y_image},
                weight + group * out_channels * rows, columns + group * rows * positions,
                y + first * y_image + group * out_channels * positions);
    }
    finish<Function>(geometry.batch * y_image, geometry.out_channels, positions, bias, y);
  }
};

template <int Rank, index_t In, index_t Out, class K, class S, class P, class D, index_t Groups>
struct Kernel<operation::Conv<Rank, In, Out, K, S, P, D, Groups>> : ForwardOnly {
  using Operation = operation::Conv<Rank, In, Out, K, S, P, D, Groups>;
  template <class X>
  struct Geometry {
    static constexpr ConvGeometry<Rank> value = Operation::geometry(X{});
  };

  template <class Y, class X, class W, class B>
  static void forward(const Operation&, Saved*, Y& y, const X& x, const W& weight, const B& bias) {
    using T = typename X::value_type;
    using Run = Convolution<T, Geometry<shape_of_t<X>>>;
    Array<T> workspace(Run::workspace_size);
    Run::run(x.data(), weight.data(), elements_or_null(bias), y.data(), workspace.data());
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
