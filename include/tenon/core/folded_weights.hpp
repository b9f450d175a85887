/// \file
/// The parameters that a kernel packs: a linear map per output, with a scale and shift per output folded in.
#pragma once

#include "geometry.hpp"

namespace tenon::inline TENON_ISA {

/// The parameters of `y[o] = scale[o] * (weight[o] x + bias[o] - mean[o]) + shift[o]`. Any pointer but `weight` may be
/// null: no bias, scale 1, shift and mean 0. By scale, shift and mean a batch normalization in evaluation mode vanishes
/// into the layer before it.
template <class T>
struct FoldedWeights {
  const T* weight;  // as the layer has it; the others are (outputs)
  const T* bias = nullptr;
  const T* scale = nullptr;
  const T* shift = nullptr;
  const T* mean = nullptr;

  /// Returns the weight at `position` in memory, which is one of output `output`.
  constexpr T folded_weight(index_t output, index_t position) const {
    return scale ? weight[position] * scale[output] : weight[position];
  }
  constexpr T folded_bias(index_t output) const {
    const auto at = [output](const T* values, double otherwise) {
      return values ? static_cast<double>(values[output]) : otherwise;
    };
    // In double: a large bias and a large mean may cancel.
    return static_cast<T>((at(bias, 0) - at(mean, 0)) * at(scale, 1) + at(shift, 0));
  }
};

}  // namespace tenon::inline TENON_ISA
