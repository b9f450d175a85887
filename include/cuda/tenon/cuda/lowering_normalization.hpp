/// \file
/// Layer, group and instance normalization stages of a net on the device. (Batch normalization, which other stages take
/// in, is in lowering.hpp.)
#pragma once

#include "lowering.hpp"
#include "normalization.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class T, class S, class Operation>
struct SampleNormStage {
  static constexpr Grouping grouping = Operation::sample_grouping(S{});
  static constexpr index_t parts = grouping.size() / part_size(grouping);
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(2 * grouping.channels) * sizeof(T);
  static constexpr std::size_t scratch_bytes = static_cast<std::size_t>(parts + 2 * grouping.groups) * sizeof(double);

  template <class Function>
  static void run(const void* x, const void*, const std::byte* packed, void* scratch, void* y) noexcept {
    double *sums = static_cast<double*>(scratch), *mean = sums + parts, *variance = mean + grouping.groups;
    const T *from = static_cast<const T*>(x), *weight = reinterpret_cast<const T*>(packed);
    moments(grouping, from, sums, mean, variance);
    launch(grouping.size(), Normalize<T, Function>{grouping,
                                                   Operation::eps,
                                                   mean,
                                                   variance,
                                                   weight,
                                                   weight + grouping.channels,
                                                   from,
                                                   static_cast<T*>(y),
                                                   {}});
  }
  /// Weights of one and biases of zero where there are none.
  static void pack(const Source& source, std::byte* packed) {
    constexpr auto channels = static_cast<std::size_t>(grouping.channels);
    T* out = reinterpret_cast<T*>(packed);
    std::fill_n(out, channels, T(1));
    std::fill_n(out + channels, channels, T(0));
    if (source.weight) std::memcpy(out, source.weight, channels * sizeof(T));
    if (source.bias) std::memcpy(out + channels, source.bias, channels * sizeof(T));
  }
};

template <class Operation>
  requires operation::NormalizesSamples<Operation>
struct Lowering<Operation> {
  template <class T, class S, class P>
  static auto append(const Operation&, const Symbolic<T, S, P>& x, const void* weight, const void* bias) {
    using Kernel = SampleNormStage<T, S, Operation>;
    const int edge =
        x.graph().append(Stage(x.use())
                             .packed_by(&Kernel::pack, {.weight = weight, .bias = bias}, Kernel::packed_bytes)
                             .with_scratch(Kernel::scratch_bytes),
                         bytes<T, S>);
    return OpenSymbolic<T, S, Kernel>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
