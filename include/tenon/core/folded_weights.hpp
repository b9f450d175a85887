/// \file
/// The parameters a kernel packs: a linear map per output, with a per-output scale and shift folded in.
#pragma once

#include "geometry.hpp"

namespace tenon::inline TENON_ISA {

/// `y[o] = scale[o] * (weight[o] x + bias[o] - mean[o]) + shift[o]`. Any pointer but `weight` may be null: no bias,
/// scale 1, shift and mean 0. Scale, shift and mean are how a batch normalization in eval mode vanishes into the layer
/// before it.
template <class T>
struct FoldedWeights {
  const T* weight;
  const T* bias = nullptr;
  const T* scale = nullptr;
  const T* shift = nullptr;
  const T* mean = nullptr;

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
