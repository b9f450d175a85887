/// \file
/// Normalization by a mean and a variance, written once for the kernels of both places and for the folding of batch
/// normalizations into weights.
#pragma once

#include <cmath>

#include "isa.hpp"

namespace tenon::inline TENON_ISA {

/// Returns 1 / sqrt(variance + eps), computed in T, and 0 where that would be 1 / 0: without an eps, elements that are
/// all equal are normalised to 0, as in PyTorch's batch normalization.
template <class T = double>
TENON_HOST_DEVICE T inverse_deviation(double variance, double eps) {
  using std::sqrt;
  const T sum = static_cast<T>(variance + eps);
  return sum <= 0 && sum >= 0 ? T(0) : 1 / sqrt(sum);  // NaN stays NaN
}

/// The mean of a group in two parts, so that x - mean is (x - center) - rest, whose first difference is exact. Far from
/// zero a single T would be off by a good part of a deviation.
template <class T>
struct Mean {
  T center, rest;

  /// Returns the number that, added to (x - center) * scale, gives (x - mean) * scale.
  TENON_HOST_DEVICE T shift(T scale) const { return -rest * scale; }
  double value() const { return static_cast<double>(center) + static_cast<double>(rest); }
};

}  // namespace tenon::inline TENON_ISA
