/// \file
/// Normalization stages. (A batch normalization is one only where no stage before takes it in.)
#pragma once

#include "../../nn/group_norm.hpp"
#include "../../nn/normalization.hpp"
#include "../micro/blocked_normalization.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cpu {

/// A kernel that computes y = (x - mean[c]) * scale[c] + bias[c] for each channel c.
template <class T, class S, class Layout>
struct ChannelAffine : plan::KernelTraits {
  static constexpr std::string_view name = "affine per channel";
  using reads = Layout;
  using writes = Layout;
  static constexpr bool takes_functions = true;
  static constexpr int in_place = 1;
  static constexpr index_t channels = plan::Image<S>::channels;
  static constexpr index_t padded = micro::vectors_for<T>(channels) * micro::lanes<T>;
  static constexpr std::size_t packed_bytes = bytes_of<T>(3 * padded);

  template <class Function>
  static void run(const plan::Call& call) noexcept {
    using V = micro::Vector<T>;
    const T *from = call.in<T>(), *mean = call.packed<T>(), *scale = mean + padded, *bias = scale + padded;
    T* to = call.out<T>();
    const auto affine = [](const V& v, const V& m, const V& a, const V& b)
                            TENON_ALWAYS_INLINE { return Function{}(xsimd::fma(micro::distance(v, m), a, b)); };
    constexpr index_t batch = plan::Image<S>::batch, pixels = plan::Image<S>::pixels;
    if constexpr (pixels == 1 && plan::is_plain<Layout>) {
      for (index_t n = 0; n < batch; ++n, from += channels, to += channels)
        micro::map<T>(channels, affine, to, from, mean, scale, bias);
    } else {
      constexpr bool blocked = plan::is_blocked<Layout>;
      constexpr index_t step = blocked ? micro::lanes<T> : 1;
      constexpr index_t plane = pixels * step;
      for (index_t n = 0; n < batch; ++n)
        for (index_t c = 0; c < channels; c += step, from += plane, to += plane) {
          const V m = blocked ? V::load_unaligned(mean + c) : V(mean[c]);
          const V a = blocked ? V::load_unaligned(scale + c) : V(scale[c]);
          const V b = blocked ? V::load_unaligned(bias + c) : V(bias[c]);
          micro::map<T>(plane, [&](const V& v) TENON_ALWAYS_INLINE { return affine(v, m, a, b); }, to, from);
        }
    }
  }
  static void pack(const plan::Source& source, std::byte* packed) {
    plan::pack_normalization(source, channels, padded, reinterpret_cast<T*>(packed));
  }
};

/// The layout that a kernel of plain and blocked images reads and writes.
template <class Layout>
using plain_or_blocked_t = std::conditional_t<plan::is_blocked<Layout>, plan::Blocked, plan::Plain>;

template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Stage<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> {
  template <class X>
  using kernel =
      ChannelAffine<typename X::value_type, typename X::static_shape, plain_or_blocked_t<typename X::layout>>;
};

/// The kernel of layer, group and instance normalization.
template <class T, class S, class Operation, class Layout>
struct SampleNorm : plan::KernelTraits {
  static constexpr std::string_view name = "normalization of samples";
  using reads = Layout;
  using writes = Layout;
  static constexpr bool takes_functions = true;
  static constexpr int in_place = 1;
  static constexpr Grouping grouping = Operation::sample_grouping(S{});
  static constexpr bool blocked = plan::is_blocked<Layout>;
  static constexpr index_t channels = grouping.channels;
  static constexpr index_t padded = blocked ? micro::vectors_for<T>(channels) * micro::lanes<T> : channels;
  static constexpr std::size_t packed_bytes = bytes_of<T>(2 * padded);
  static constexpr std::size_t scratch_bytes = blocked ? bytes_of<T>(3 * padded) : 0;

  template <class Function>
  static void run(const plan::Call& call) noexcept {
    const T *from = call.in<T>(), *weight = call.packed<T>(), *bias = weight + padded;
    T* to = call.out<T>();
    if constexpr (blocked) {
      constexpr index_t batch = plan::Image<S>::batch, pixels = plan::Image<S>::pixels;
      for (index_t n = 0; n < batch; ++n, from += padded * pixels, to += padded * pixels)
        micro::normalize_blocked(channels, pixels, grouping.groups / batch, Operation::eps, weight, bias, from, to,
                                 call.scratch<T>(), Function{});
    } else {
      for (index_t group = 0; group < grouping.groups; ++group) {
        const auto moments = micro::moments(grouping, group, from);
        micro::normalize(grouping, group, moments.mean, moments.inverse_deviation(Operation::eps), weight, bias, from,
                         to, Function{});
      }
    }
  }
  static void pack(const plan::Source& source, std::byte* packed) {
    plan::pack_weight_and_bias(source, channels, padded, reinterpret_cast<T*>(packed));
  }
};

namespace detail {
/// Whether the weights are those of an image's channels, and not of each of its elements.
template <class Operation, class S>
constexpr bool normalizes_channels() {
  return S::rank > 2 && Operation::sample_grouping(S{}).inner * S::dims[0] * S::dims[1] == S::size &&
         Operation::sample_grouping(S{}).channels == S::dims[1];
}
template <class Operation, class X>
struct SampleNormOf {
  static constexpr bool stays_blocked =
      plan::is_blocked<typename X::layout> && normalizes_channels<Operation, typename X::static_shape>();
  using type = SampleNorm<typename X::value_type, typename X::static_shape, Operation,
                          std::conditional_t<stays_blocked, plan::Blocked, plan::Plain>>;
};
}  // namespace detail

template <class Operation>
  requires operation::NormalizesSamples<Operation>
struct Stage<Operation> {
  template <class X>
  using kernel = typename detail::SampleNormOf<Operation, X>::type;
};

}  // namespace tenon::inline TENON_ISA::cpu
