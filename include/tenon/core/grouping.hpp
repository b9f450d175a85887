/// \file
/// The elements of a tensor that are normalised together, and those that share a weight: written once for the layers
/// and the kernels of both places.
#pragma once

#include "geometry.hpp"

namespace tenon::inline TENON_ISA {

/// Two views of a contiguous tensor. In (outer, groups, stretch) each group has a mean and a variance; in
/// (..., channels, inner) each channel has a weight and a bias. A stretch holds whole channels or is within one.
struct Grouping {
  index_t outer, groups, stretch;
  index_t channels, inner;

  /// Returns the number of elements that are normalised together.
  TENON_HOST_DEVICE constexpr index_t group_size() const { return outer * stretch; }
  TENON_HOST_DEVICE constexpr index_t size() const { return outer * groups * stretch; }
  /// Returns the distance from one stretch of a group to the next.
  TENON_HOST_DEVICE constexpr index_t distance() const { return groups * stretch; }

  TENON_HOST_DEVICE constexpr index_t group_of(index_t element) const { return element / stretch % groups; }
  TENON_HOST_DEVICE constexpr index_t channel_of(index_t element) const { return element / inner % channels; }

  /// Groups (samples, channels, axes...) by channels, over all samples.
  template <std::size_t Rank>
  static constexpr Grouping of_channels(const std::array<index_t, Rank>& dims) {
    const index_t inner = product_from(dims, 2);
    return {dims[0], dims[1], inner, dims[1], inner};
  }
  /// Groups (samples, channels, axes...) by samples, and in each sample into `count` groups of neighbouring channels.
  template <std::size_t Rank>
  static constexpr Grouping of_samples(const std::array<index_t, Rank>& dims, index_t count) {
    const index_t inner = product_from(dims, 2);
    return {1, dims[0] * count, dims[1] / count * inner, dims[1], inner};
  }
  /// Groups (rows..., features) by rows. `features` may be the product of the last axes.
  static constexpr Grouping of_rows(index_t rows, index_t features) { return {1, rows, features, features, 1}; }

 private:
  template <std::size_t Rank>
  static constexpr index_t product_from(const std::array<index_t, Rank>& dims, std::size_t first) {
    index_t product = 1;
    for (std::size_t a = first; a < Rank; ++a) product *= dims[a];
    return product;
  }
};

/// Returns what a running statistic becomes when `value` comes in.
template <class T>
TENON_HOST_DEVICE constexpr T moved_average(T running, double momentum, double value) {
  return static_cast<T>((1 - momentum) * static_cast<double>(running) + momentum * value);
}

}  // namespace tenon::inline TENON_ISA
