/// \file
/// Normalization stages on the device. (A batch normalization is one only where no stage before takes it in.)
#pragma once

#include "../normalization.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Computes y = function((x - mean[c]) * scale[c] + bias[c]) for `x` and `y` (batch, channels, inner) and `mean`,
/// `scale` and `bias` (channels). `y` may be `x`.
template <class T, class Function>
struct CenterScaleThen {
  index_t channels, inner;
  const T *mean, *scale, *bias, *x;
  T* y;
  Function function;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t c = i / inner % channels;
    y[i] = function(elementary::in_order(x[i] - mean[c]) * scale[c] + bias[c]);
  }
};

template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Stage<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> {
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    static constexpr std::string_view name = "affine per channel";
    static constexpr bool takes_functions = true;
    static constexpr int in_place = 1;
    static constexpr std::size_t packed_bytes = static_cast<std::size_t>(3 * Channels) * sizeof(T);
    template <class Function>
    static void run(const plan::Call& call) noexcept {
      const T *mean = call.packed<T>(), *scale = mean + Channels, *bias = scale + Channels;
      launch(S::size, CenterScaleThen<T, Function>{
                          Channels, plan::Image<S>::pixels, mean, scale, bias, call.in<T>(), call.out<T>(), {}});
    }
    static void pack(const plan::Source& source, std::byte* packed) {
      plan::pack_normalization(source, Channels, Channels, reinterpret_cast<T*>(packed));
    }
  };
};

/// The stage of layer, group and instance normalization.
template <class Operation>
  requires operation::NormalizesSamples<Operation>
struct Stage<Operation> {
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    static constexpr std::string_view name = "normalization of samples";
    static constexpr bool takes_functions = true;
    static constexpr int in_place = 1;
    static constexpr Grouping grouping = Operation::sample_grouping(typename X::static_shape{});
    static constexpr index_t parts = grouping.size() / part_size(grouping), channels = grouping.channels;
    static constexpr std::size_t packed_bytes = static_cast<std::size_t>(2 * channels) * sizeof(T);
    static constexpr std::size_t scratch_bytes = static_cast<std::size_t>(parts + 2 * grouping.groups) * sizeof(double);
    template <class Function>
    static void run(const plan::Call& call) noexcept {
      double *sums = call.scratch<double>(), *mean = sums + parts, *variance = mean + grouping.groups;
      const T* weight = call.packed<T>();
      moments(grouping, call.in<T>(), sums, mean, variance);
      launch(grouping.size(),
             Normalize<T, Function>{
                 grouping, Operation::eps, mean, variance, weight, weight + channels, call.in<T>(), call.out<T>(), {}});
    }
    static void pack(const plan::Source& source, std::byte* packed) {
      plan::pack_weight_and_bias(source, channels, channels, reinterpret_cast<T*>(packed));
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cuda
