/// \file
/// The geometry of poolings: sliding, adaptive and fractional windows have the same functions.
#pragma once

#include "geometry.hpp"

namespace tenon::inline TENON_ISA {

/// One axis of an adaptive pooling, with the functions of Window: output position `o` sees [floor(o * input / output),
/// ceil((o + 1) * input / output)).
struct AdaptiveWindow {
  static constexpr index_t dilation = 1;
  index_t input = 1, output = 1;

  TENON_HOST_DEVICE constexpr index_t position(index_t o, index_t k) const { return o * input / output + k; }
  TENON_HOST_DEVICE constexpr index_t first_inside(index_t) const { return 0; }
  TENON_HOST_DEVICE constexpr index_t last_inside(index_t o) const {
    return ((o + 1) * input + output - 1) / output - position(o, 0);
  }
  TENON_HOST_DEVICE constexpr index_t counted(index_t o, bool) const { return last_inside(o); }
  TENON_HOST_DEVICE constexpr index_t first_output(index_t i) const { return i * output / input; }
  TENON_HOST_DEVICE constexpr index_t last_output(index_t i) const { return ((i + 1) * output + input - 1) / input; }
};

/// One axis of a fractional pooling, with the functions of Window: windows of `kernel` elements, at distances that
/// `sample`, drawn from [0, 1), decides. Positions are computed in the type T of the tensor, as PyTorch does, since
/// rounding decides where a window lies.
template <class T>
struct FractionalWindow {
  static constexpr index_t dilation = 1;
  index_t input = 1, kernel = 1, output = 1;
  T sample = 0;

  TENON_HOST_DEVICE constexpr index_t position(index_t o, index_t k) const {
    if (o == output - 1) return input - kernel + k;
    const T a = distance();
    return static_cast<index_t>((static_cast<T>(o) + sample) * a) - static_cast<index_t>(sample * a) + k;
  }
  TENON_HOST_DEVICE constexpr index_t first_inside(index_t) const { return 0; }
  TENON_HOST_DEVICE constexpr index_t last_inside(index_t) const { return kernel; }
  // Whatever the sample, a window begins at most one element beside `o * distance()`, but for rounding.
  TENON_HOST_DEVICE constexpr index_t first_output(index_t i) const {
    const index_t before =
        output == 1 || i < kernel ? 0 : static_cast<index_t>(static_cast<T>(i - kernel) / distance());
    return before < output ? before : output - 1;
  }
  TENON_HOST_DEVICE constexpr index_t last_output(index_t i) const {
    const index_t after = output == 1 ? 1 : static_cast<index_t>(static_cast<T>(i + 1) / distance()) + 2;
    return after < output ? after : output;
  }

 private:
  /// Returns the average distance between neighbouring windows; at least 1.
  TENON_HOST_DEVICE constexpr T distance() const { return static_cast<T>(input - kernel) / static_cast<T>(output - 1); }
};

/// A pooling over `Rank` spatial axes; `planes` is batch * channels.
template <int Rank, class Axis = Window>
struct PoolGeometry {
  using window = Axis;
  static constexpr int rank = Rank;
  index_t planes = 1;
  Axis axes[std::size_t{Rank}]{};  // not a std::array, whose functions device code cannot call

  TENON_HOST_DEVICE constexpr index_t in_size() const {
    index_t size = 1;
    for (const Axis& axis : axes) size *= axis.input;
    return size;
  }
  TENON_HOST_DEVICE constexpr index_t out_size() const {
    index_t size = 1;
    for (const Axis& axis : axes) size *= axis.output;
    return size;
  }
  /// Returns the windows of one plane.
  TENON_HOST_DEVICE constexpr const PoolGeometry& in_plane(index_t) const { return *this; }
};

/// A fractional pooling, whose windows lie differently in each plane. `samples` (planes, 2) has that of the width
/// first.
template <class T>
struct FractionalGeometry : PoolGeometry<2, FractionalWindow<T>> {
  const T* samples = nullptr;

  TENON_HOST_DEVICE constexpr PoolGeometry<2, FractionalWindow<T>> in_plane(index_t plane) const {
    PoolGeometry<2, FractionalWindow<T>> windows = *this;
    windows.axes[1].sample = samples[2 * plane];
    windows.axes[0].sample = samples[2 * plane + 1];
    return windows;
  }
};

/// Returns the same pooling with long rows: where one window covers the last axis, it is joined with the axis before
/// it, so that a pooling of whole planes is one of neighbouring elements.
template <int Rank>
constexpr PoolGeometry<Rank> with_long_rows(PoolGeometry<Rank> geometry) {
  if constexpr (Rank > 1) {
    Window* const axes = geometry.axes;
    for (int joined = 1; joined < Rank; ++joined) {
      const Window row = axes[Rank - 1], before = axes[Rank - 2];
      if (row.kernel != row.input || row.output != 1 || row.padding != 0 || row.dilation != 1 || before.dilation != 1)
        break;
      for (int a = Rank - 2; a > 0; --a) axes[a] = axes[a - 1];
      axes[0] = Window{};
      axes[Rank - 1] = {before.input * row.input,
                        before.kernel * row.input,
                        before.stride * row.input,
                        before.padding * row.input,
                        1,
                        before.output};
    }
  }
  return geometry;
}

}  // namespace tenon::inline TENON_ISA
