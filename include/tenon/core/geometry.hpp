/// \file
/// The windows of convolutions and poolings, and the formulas of output sizes, written once for types, kernels, docs
/// and tests.
#pragma once

#include <array>
#include <cstddef>

#include "isa.hpp"

namespace tenon::inline TENON_ISA {

/// The type of sizes, offsets and strides, in elements.
using index_t = std::ptrdiff_t;

/// Returns the output size of a convolution along one axis (torch.nn.Conv2d, "Shape"); 0 where the kernel does not fit.
constexpr index_t conv_output_size(index_t input, index_t kernel, index_t stride, index_t padding, index_t dilation) {
  const index_t span = input + 2 * padding - dilation * (kernel - 1) - 1;
  return span < 0 ? 0 : span / stride + 1;
}

/// Returns the output size of a transposed convolution along one axis (torch.nn.ConvTranspose2d, "Shape"):
/// `output_padding` more than the smallest size of which the convolution makes `input`. It is not positive where the
/// padding takes all of it.
constexpr index_t conv_transpose_output_size(index_t input, index_t kernel, index_t stride, index_t padding,
                                             index_t dilation, index_t output_padding) {
  return (input - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 + output_padding;
}

/// Returns the output size of a pooling along one axis (torch.nn.MaxPool2d, "Shape"). With `ceil_mode` a last window
/// that starts inside the input or its left padding is kept even if it ends outside.
constexpr index_t pool_output_size(index_t input, index_t kernel, index_t stride, index_t padding, index_t dilation,
                                   bool ceil_mode) {
  const index_t span = input + 2 * padding - dilation * (kernel - 1) - 1;
  if (span < 0 && !(ceil_mode && span + stride > 0)) return 0;
  index_t output = (span + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  if (ceil_mode && (output - 1) * stride >= input + padding) --output;
  return output;
}

/// One spatial axis of a sliding window, which tells which input positions an output position sees.
struct Window {
  index_t input = 1, kernel = 1, stride = 1, padding = 0, dilation = 1, output = 1;

  /// Returns the input position under kernel element `k` at output position `o`; outside [0, input) it is padding.
  TENON_HOST_DEVICE constexpr index_t position(index_t o, index_t k) const {
    return o * stride - padding + k * dilation;
  }
  /// Returns the first kernel element that lies inside the input at output position `o`.
  TENON_HOST_DEVICE constexpr index_t first_inside(index_t o) const {
    const index_t start = o * stride - padding;
    return start >= 0 ? 0 : (-start + dilation - 1) / dilation;
  }
  /// Returns one past the last kernel element that lies inside the input at output position `o`.
  TENON_HOST_DEVICE constexpr index_t last_inside(index_t o) const {
    const index_t start = o * stride - padding;
    if (start + (kernel - 1) * dilation < input) return kernel;
    return start >= input ? 0 : (input - start + dilation - 1) / dilation;
  }
  /// Returns the output position that has input position `p` under kernel element `k`; -1 if none has.
  TENON_HOST_DEVICE constexpr index_t output_at(index_t p, index_t k) const {
    const index_t distance = p + padding - k * dilation;
    return distance >= 0 && distance % stride == 0 && distance / stride < output ? distance / stride : -1;
  }
  /// Returns the number of kernel elements inside the input, or inside the input and its padding, at output position
  /// `o`; for undilated windows.
  TENON_HOST_DEVICE constexpr index_t counted(index_t o, bool with_padding) const {
    if (!with_padding) return last_inside(o) - first_inside(o);
    const index_t room = input + padding - position(o, 0);
    return room < kernel ? room : kernel;
  }
  /// Returns the first output position that can see input position `i`.
  TENON_HOST_DEVICE constexpr index_t first_output(index_t i) const {
    const index_t beyond = i + padding - (kernel - 1) * dilation;
    return beyond <= 0 ? 0 : (beyond + stride - 1) / stride;
  }
  /// Returns one past the last output position that can see input position `i`.
  TENON_HOST_DEVICE constexpr index_t last_output(index_t i) const {
    const index_t after = (i + padding) / stride + 1;
    return after < output ? after : output;
  }
  friend constexpr bool operator==(const Window&, const Window&) = default;
};

/// A convolution over `Rank` spatial axes; images are (batch, in_channels, axes...). A transposed convolution is the
/// gradient of a convolution with respect to its input, and has the geometry of that convolution: it reads outputs and
/// writes inputs.
template <int Rank>
struct ConvGeometry {
  index_t batch = 1, in_channels = 1, out_channels = 1, groups = 1;
  std::array<Window, std::size_t{Rank}> axes{};

  constexpr index_t in_size() const { return product(&Window::input); }
  constexpr index_t out_size() const { return product(&Window::output); }
  constexpr index_t kernel_size() const { return product(&Window::kernel); }
  constexpr index_t group_in_channels() const { return in_channels / groups; }
  constexpr index_t group_out_channels() const { return out_channels / groups; }

 private:
  constexpr index_t product(index_t Window::* member) const {
    index_t size = 1;
    for (const Window& axis : axes) size *= axis.*member;
    return size;
  }
};

/// Returns a convolution over one axis as one over two, of images of a single row.
template <int Rank>
  requires(Rank <= 2)
constexpr ConvGeometry<2> in_plane(const ConvGeometry<Rank>& geometry) {
  ConvGeometry<2> plane{geometry.batch, geometry.in_channels, geometry.out_channels, geometry.groups, {}};
  for (std::size_t a = 0; a < Rank; ++a) plane.axes[2 - Rank + a] = geometry.axes[a];
  return plane;
}

}  // namespace tenon::inline TENON_ISA
