/// \file
/// Which elements of a tensor are normalised together, and which of them share a weight: written once for the layers
/// and the kernels of both places.
#pragma once

#include "geometry.hpp"

namespace tenon::inline TENON_ISA {

/// A contiguous tensor, seen as (outer, groups, stretch): each group has a mean and a variance. The same tensor, seen
/// as
/// (..., channels, inner): each channel has a weight and a bias. A stretch holds whole channels or is within one.
struct Grouping {
  index_t outer, groups, stretch;
  index_t channels, inner;

  /// Elements that are normalised together.
  TENON_HOST_DEVICE constexpr index_t group_size() const { return outer * stretch; }
  TENON_HOST_DEVICE constexpr index_t size() const { return outer * groups * stretch; }
  /// From one stretch of a group to the next.
  TENON_HOST_DEVICE constexpr index_t distance() const { return groups * stretch; }

  TENON_HOST_DEVICE constexpr index_t group_of(index_t element) const { return element / stretch % groups; }
  TENON_HOST_DEVICE constexpr index_t channel_of(index_t element) const { return element / inner % channels; }

  /// Of (samples, channels, axes...): each channel, over all samples.
  template <std::size_t Rank>
  static constexpr Grouping of_channels(const std::array<index_t, Rank>& dims) {
    const index_t inner = product_from(dims, 2);
    return {dims[0], dims[1], inner, dims[1], inner};
  }
  /// Of (samples, channels, axes...): in each sample, `count` groups of neighbouring channels.
  template <std::size_t Rank>
  static constexpr Grouping of_samples(const std::array<index_t, Rank>& dims, index_t count) {
    const index_t inner = product_from(dims, 2);
    return {1, dims[0] * count, dims[1] / count * inner, dims[1], inner};
  }
  /// Of (rows..., features): each row. `features` may be the last axes' product.
  static constexpr Grouping of_rows(index_t rows, index_t features) { return {1, rows, features, features, 1}; }

 private:
  template <std::size_t Rank>
  static constexpr index_t product_from(const std::array<index_t, Rank>& dims, std::size_t first) {
    index_t product = 1;
    for (std::size_t a = first; a < Rank; ++a) product *= dims[a];
    return product;
  }
};

}  // namespace tenon::inline TENON_ISA
