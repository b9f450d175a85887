/// \file
/// Batch normalizations that vanish into the weights of the stage before. They are computed once, when the net is made.
#pragma once

#include <algorithm>

#include "../core/folded_weights.hpp"
#include "../core/normalization.hpp"
#include "call.hpp"
#include "graph.hpp"

namespace tenon::inline TENON_ISA::plan {

/// A batch normalization, of which it computes the scale per channel, and the parameters that it is folded into: a
/// weight and a bias (channels), the first two parameters of the source. It refers to `source`.
template <class T>
class Folded {
 public:
  Folded(const Source& source, index_t channels) : source_(source) {
    if (!source.normalization) return;
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      const double weight = part(0) ? static_cast<double>(part(0)[c]) : 1;
      scale_.push_back(static_cast<T>(weight * inverse_deviation(static_cast<double>(part(3)[c]), source.eps)));
    }
  }
  FoldedWeights<T> weights() const {
    return {source_.parameter<T>(0), source_.parameter<T>(1), scale_.empty() ? nullptr : scale_.data(), bias(), mean()};
  }
  /// Returns the scale (channels) of the normalization; empty if there is none.
  const List<T>& scale() const { return scale_; }
  /// Returns the bias (channels) of the normalization; may be null.
  const T* bias() const { return part(1); }
  /// Returns the mean (channels) of the normalization; null if there is none.
  const T* mean() const { return part(2); }

 private:
  const T* part(std::size_t i) const {
    return source_.normalization ? static_cast<const T*>(source_.normalization[i]) : nullptr;
  }

  const Source& source_;
  List<T> scale_;
};

/// Packs a batch normalization that is a stage of its own to `packed` (3, padded): means, scales and biases, zeros
/// behind the first `channels`. The stage computes (x - mean) * scale + bias: in scale * x + shift, with one addition
/// less, two large numbers would cancel where the mean is far from zero.
template <class T>
void pack_normalization(const Source& source, index_t channels, index_t padded, T* packed) {
  const Folded<T> folded(source, channels);
  std::fill_n(packed, 3 * padded, T(0));
  std::copy_n(folded.mean(), channels, packed);
  std::copy(folded.scale().begin(), folded.scale().end(), packed + padded);
  if (folded.bias()) std::copy_n(folded.bias(), channels, packed + 2 * padded);
}

/// Packs the weights and biases of a normalization of samples to `packed` (2, padded), zeros behind the first
/// `channels`. They are ones and zeros where the layer has none, which a plan made from types alone does not know.
template <class T>
void pack_weight_and_bias(const Source& source, index_t channels, index_t padded, T* packed) {
  std::fill_n(packed, 2 * padded, T(0));
  const T *weight = source.parameter<T>(0), *bias = source.parameter<T>(1);
  if (weight)
    std::copy_n(weight, channels, packed);
  else
    std::fill_n(packed, channels, T(1));
  if (bias) std::copy_n(bias, channels, packed + padded);
}

}  // namespace tenon::inline TENON_ISA::plan
