/// \file
/// Batch normalizations that vanish into the weights of the stage before; computed on the host, once.
#pragma once

#include <tenon/compile/graph.hpp>
#include <tenon/core/normalization.hpp>
#include <vector>

namespace tenon::inline TENON_ISA::cuda {

/// Per channel, weight * (x - mean) / sqrt(variance + eps) + bias as scale * x + shift, and the mean alone.
template <class T>
struct ScaleShift {
  std::vector<double> scale, shift, mean;

  ScaleShift(const planning::Affine& affine, index_t channels)
      : scale(static_cast<std::size_t>(channels), 1), shift(static_cast<std::size_t>(channels), 0), mean(shift) {
    if (!affine.present) return;
    const auto at = [](const void* values, std::size_t c, double otherwise) {
      return values ? static_cast<double>(static_cast<const T*>(values)[c]) : otherwise;
    };
    for (std::size_t c = 0; c < scale.size(); ++c) {
      scale[c] = at(affine.weight, c, 1) * inverse_deviation(at(affine.variance, c, 1), affine.eps);
      mean[c] = at(affine.mean, c, 0);
      shift[c] = at(affine.bias, c, 0) - mean[c] * scale[c];
    }
  }
};

/// Weights (channels, fan_in).
template <index_t FanIn>
struct RowPerChannel {
  /// The output channel of an element.
  static constexpr index_t channel_of(index_t element) { return element / FanIn; }
};

/// What Linear and convolution stages keep: weights, in the order that `Order` tells, `FanIn` for each channel, then
/// biases (channels), with a batch normalization folded in.
template <class T, index_t Channels, index_t FanIn, class Order = RowPerChannel<FanIn>>
struct FoldedWeights {
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(Channels * (FanIn + 1)) * sizeof(T);

  static void pack(const planning::Source& source, std::byte* packed) {
    const ScaleShift<T> affine(source.affine, Channels);
    const auto *weight = static_cast<const T*>(source.weight), *bias = static_cast<const T*>(source.bias);
    T* out = reinterpret_cast<T*>(packed);
    for (index_t i = 0; i < Channels * FanIn; ++i)
      *out++ =
          static_cast<T>(static_cast<double>(weight[i]) * affine.scale[static_cast<std::size_t>(Order::channel_of(i))]);
    for (std::size_t c = 0; c < affine.scale.size(); ++c)
      *out++ = static_cast<T>((bias ? static_cast<double>(bias[c]) : 0) * affine.scale[c] + affine.shift[c]);
  }
  static const T* weight(const std::byte* packed) { return reinterpret_cast<const T*>(packed); }
  static const T* bias(const std::byte* packed) { return weight(packed) + Channels * FanIn; }
};

}  // namespace tenon::inline TENON_ISA::cuda
