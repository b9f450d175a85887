/// \file
/// The windows of the poolings as options say them: the size of the output and the geometry of the kernels.
///
/// `output_extent(input, axis)` is 0 where windows do not fit.
#pragma once

#include <array>

#include "../core/pool_geometry.hpp"
#include "../core/shape_error.hpp"

namespace tenon::inline TENON_ISA::operation {

/// Windows of one size at equal distances.
template <int Rank, class Kernel, class Stride, class Padding, class Dilation, bool CeilMode>
struct SlidingWindows {
  static constexpr int rank = Rank;
  static constexpr bool ceil_mode = CeilMode;
  static constexpr std::array<index_t, std::size_t{Rank}> kernel = Kernel::value, stride = Stride::value,
                                                          padding = Padding::value, dilation = Dilation::value;

  static constexpr index_t output_extent(index_t input, std::size_t a) {
    return pool_output_size(input, kernel[a], stride[a], padding[a], dilation[a], CeilMode);
  }
  template <index_t N, index_t C, index_t... Axes>
  static constexpr auto geometry(Shape<N, C, Axes...>) {
    PoolGeometry<Rank> g{N * C, {}};
    constexpr std::array<index_t, std::size_t{Rank}> input{Axes...};
    for (std::size_t a = 0; a < Rank; ++a)
      g.axes[a] = {input[a], kernel[a], stride[a], padding[a], dilation[a], output_extent(input[a], a)};
    return with_long_rows(g);
  }
};

/// As many windows as the output has elements, of whatever size covers the input.
template <int Rank, class OutputSize>
struct AdaptiveWindows {
  static constexpr int rank = Rank;
  static constexpr std::array<index_t, std::size_t{Rank}> output = OutputSize::value;

  static constexpr index_t output_extent(index_t, std::size_t a) { return output[a]; }
  template <index_t N, index_t C, index_t... Axes>
  static constexpr auto geometry(Shape<N, C, Axes...>) {
    constexpr std::array<index_t, std::size_t{Rank}> input{Axes...};
    constexpr bool equal = [&] {
      for (std::size_t a = 0; a < Rank; ++a)
        if (input[a] % output[a] != 0) return false;
      return true;
    }();
    if constexpr (equal) {  // they slide, and neighbours can be computed together
      PoolGeometry<Rank> g{N * C, {}};
      for (std::size_t a = 0; a < Rank; ++a)
        g.axes[a] = {input[a], input[a] / output[a], input[a] / output[a], 0, 1, output[a]};
      return with_long_rows(g);
    } else {
      PoolGeometry<Rank, AdaptiveWindow> g{N * C, {}};
      for (std::size_t a = 0; a < Rank; ++a) g.axes[a] = {input[a], output[a]};
      return g;
    }
  }
};

/// Windows of one size at drawn distances. `Output` says how many: `Output::of(input, axis)`.
template <class Kernel, class Output>
struct FractionalWindows {
  static constexpr int rank = 2;
  static constexpr std::array<index_t, 2> kernel = Kernel::value;

  static constexpr index_t output_extent(index_t input, std::size_t a) {
    const index_t output = Output::of(input, a);
    return output + kernel[a] - 1 <= input ? output : 0;
  }
  template <class T, index_t N, index_t C, index_t H, index_t W>
  static constexpr FractionalGeometry<T> geometry(Shape<N, C, H, W>, const T* samples) {
    return {{N * C, {{H, kernel[0], Output::of(H, 0)}, {W, kernel[1], Output::of(W, 1)}}}, samples};
  }
};

namespace detail {
// The least input extent that gives an output.
template <class Windows>
consteval index_t least_input(std::size_t a) {
  index_t extent = 1;
  while (Windows::output_extent(extent, a) < 1) ++extent;
  return extent;
}

template <class Shown, class Windows, index_t... D, std::size_t... A>
consteval auto pooled_shape(Shape<D...>, std::index_sequence<A...>) {
  constexpr std::array<index_t, sizeof...(D)> dims{D...};
  constexpr bool accepted = [&] {
    if constexpr (sizeof...(D) == Windows::rank + 2)
      return ((Windows::output_extent(dims[A + 2], A) > 0) && ...);
    else
      return false;
  }();
  if constexpr (accepted)
    return Shape<dims[0], dims[1], Windows::output_extent(dims[A + 2], A)...>{};
  else
    return reject_t<Shown, expected_input<any, any, at_least<least_input<Windows>(A)>...>, Shape<D...>>{};
}
}  // namespace detail

/// The shape of (N, C, axes...) pooled over `Windows`, or its rejection by `Shown`.
template <class Shown, class Windows, class S>
using pooled_shape_t = decltype(detail::pooled_shape<Shown, Windows>(S{}, std::make_index_sequence<Windows::rank>{}));

}  // namespace tenon::inline TENON_ISA::operation
