/// \file
/// The parameters a kernel packs: a linear map per output, with a per-output scale and shift folded in.
#pragma once

#include "../../core/geometry.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// `y[o] = scale[o] * (weight[o] x + bias[o]) + shift[o]`. Any pointer but `weight` may be null: no bias, scale 1,
/// shift 0. Scale and shift are how a batch normalization in eval mode vanishes into the layer before it.
template <class T>
struct FoldedWeights {
  const T* weight;
  const T* bias = nullptr;
  const T* scale = nullptr;
  const T* shift = nullptr;

  constexpr T folded_weight(index_t output, index_t position) const {
    return scale ? weight[position] * scale[output] : weight[position];
  }
  constexpr T folded_bias(index_t output) const {
    T sum = bias ? bias[output] : T(0);
    if (scale) sum *= scale[output];
    return shift ? sum + shift[output] : sum;
  }
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
