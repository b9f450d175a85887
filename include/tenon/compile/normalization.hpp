/// \file
/// Batch normalization: folded into the weights of the stage before, or a stage of its own. Layer, group and instance
/// normalization: a stage.
#pragma once

#include "../cpu/micro/blocked_normalization.hpp"
#include "../cpu/micro/map.hpp"
#include "../nn/group_norm.hpp"
#include "../nn/normalization.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

/// y = (x - mean[c]) * scale[c] + bias[c]. (As scale * x + shift, with one addition less, two large numbers would
/// cancel where the mean is far from zero.)
template <class T, class S, class Layout>
struct AffineStage {
  static constexpr index_t channels = Image<S>::channels;
  static constexpr index_t padded = micro::vectors_for<T>(channels) * micro::lanes<T>;
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(3 * padded) * sizeof(T);

  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    using V = micro::Vector<T>;
    const T *from = static_cast<const T*>(x), *mean = elements_at<T>(packed), *scale = mean + padded;
    const T* bias = scale + padded;
    T* to = static_cast<T*>(y);
    const auto affine = [](const V& v, const V& m, const V& a, const V& b)
                            TENON_ALWAYS_INLINE { return Epilogue{}(xsimd::fma(micro::distance(v, m), a, b)); };
    if constexpr (Image<S>::pixels == 1 && std::is_same_v<Layout, Plain>) {
      for (index_t n = 0; n < Image<S>::batch; ++n, from += channels, to += channels)
        micro::map<T>(channels, affine, to, from, mean, scale, bias);
    } else {
      constexpr bool blocked = std::is_same_v<Layout, Blocked>;
      constexpr index_t step = blocked ? micro::lanes<T> : 1;
      constexpr index_t plane = Image<S>::pixels * step;
      for (index_t n = 0; n < Image<S>::batch; ++n)
        for (index_t c = 0; c < channels; c += step, from += plane, to += plane) {
          const V m = blocked ? V::load_unaligned(mean + c) : V(mean[c]);
          const V a = blocked ? V::load_unaligned(scale + c) : V(scale[c]);
          const V b = blocked ? V::load_unaligned(bias + c) : V(bias[c]);
          micro::map<T>(plane, [&](const V& v) TENON_ALWAYS_INLINE { return affine(v, m, a, b); }, to, from);
        }
    }
  }
  static void pack(const Source& source, std::byte* packed) {
    const Folded<T> folded(source, channels);
    T* out = elements_at<T>(packed);
    std::fill_n(out, 3 * padded, T(0));
    std::copy_n(static_cast<const T*>(source.affine.mean), channels, out);
    std::copy(folded.scale().begin(), folded.scale().end(), out + padded);
    if (source.affine.bias) std::copy_n(static_cast<const T*>(source.affine.bias), channels, out + 2 * padded);
  }
};

template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Lowering<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> {
  using Operation = operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>;
  static constexpr int parameters = 2;

  template <class T, class S, class L, class P>
  static constexpr auto append(const Operation& norm, const Symbolic<T, S, L, P>& x, const void* weight,
                               const void* bias) {
    if constexpr (!std::is_same_v<L, Plain> && !std::is_same_v<L, Blocked>) {
      return append(norm, plain(x), weight, bias);
    } else {
      using Kernel = AffineStage<T, S, L>;
      const int edge = x.graph().append(stage<Kernel>(x.use(), norm, weight, bias), bytes<T, S, L>);
      return Symbolic<T, S, L, Open<Kernel, pointwise::Identity, false>>(x.graph(), edge);
    }
  }

  template <class T, class S, class L, class K, bool Unique>
    requires(K::channels == Channels)
  static constexpr auto append(const Operation& norm,
                               const Symbolic<T, S, L, Open<K, pointwise::Identity, true, Unique>>& x,
                               const void* weight, const void* bias) {
    using Kernel = AffineStage<T, S, L>;
    using Result = Symbolic<T, S, L, Open<K, pointwise::Identity, false>>;
    Stage alone = stage<Kernel>(-1, norm, weight, bias).computed_by(&Kernel::template run<pointwise::Identity>);
    if constexpr (!Unique) {
      if (!x.graph().open(x.edge())) {
        alone.a = x.use();
        return Result(x.graph(), x.graph().append(alone, bytes<T, S, L>));
      }
    }
    Stage merged = x.graph().stage(x.edge());
    merged.source.affine = alone.source.affine;
    return Result(x.graph(), x.graph().take_over(x.edge(), merged, alone, bytes<T, S, L>));
  }

 private:
  template <class Kernel>
  static constexpr Stage stage(int input, const Operation& norm, const void* weight, const void* bias) {
    const void *mean = nullptr, *variance = nullptr;
    if (norm.running_mean) mean = std::as_const(*norm.running_mean).data();
    if (norm.running_var) variance = std::as_const(*norm.running_var).data();
    const Source source{nullptr, nullptr, {weight, bias, mean, variance, Eps, true}};
    return Stage(input).packed_by(&Kernel::pack, source, Kernel::packed_bytes);
  }
};

template <class T, class S, class Operation, class Layout>
struct SampleNormStage {
  static constexpr Grouping grouping = Operation::sample_grouping(S{});
  static constexpr bool blocked = std::is_same_v<Layout, Blocked>;
  static constexpr index_t channels = grouping.channels;
  static constexpr index_t padded = blocked ? micro::vectors_for<T>(channels) * micro::lanes<T> : channels;
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(2 * padded) * sizeof(T);
  static constexpr std::size_t scratch_bytes = blocked ? static_cast<std::size_t>(3 * padded) * sizeof(T) : 0;

  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void* scratch, void* y) noexcept {
    const T *from = static_cast<const T*>(x), *weight = elements_at<T>(packed), *bias = weight + padded;
    T* to = static_cast<T*>(y);
    if constexpr (blocked) {
      constexpr index_t batch = Image<S>::batch, pixels = Image<S>::pixels;
      for (index_t n = 0; n < batch; ++n, from += padded * pixels, to += padded * pixels)
        micro::normalize_blocked(channels, pixels, grouping.groups / batch, Operation::eps, weight, bias, from, to,
                                 static_cast<T*>(scratch), Epilogue{});
    } else {
      for (index_t group = 0; group < grouping.groups; ++group) {
        const auto moments = micro::moments(grouping, group, from);
        micro::normalize(grouping, group, moments.mean, moments.inverse_deviation(Operation::eps), weight, bias, from,
                         to, Epilogue{});
      }
    }
  }
  /// Weights of one and biases of zero where there are none: from their type alone the plan does not know.
  static void pack(const Source& source, std::byte* packed) {
    T* out = elements_at<T>(packed);
    const auto copy = [](const void* from, T otherwise, T* to) {
      if (from)
        std::copy_n(static_cast<const T*>(from), channels, to);
      else
        std::fill_n(to, channels, otherwise);
      std::fill_n(to + channels, padded - channels, T(0));
    };
    copy(source.weight, T(1), out);
    copy(source.bias, T(0), out + padded);
  }
};

template <class Operation>
  requires operation::NormalizesSamples<Operation>
struct Lowering<Operation> {
  static constexpr int parameters = 2;

  template <class X>
  static constexpr auto append(const Operation&, const X& x, const void* weight, const void* bias) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using L = std::conditional_t<std::is_same_v<typename X::layout, Blocked> && of_channels<S>(), Blocked, Plain>;
    using Kernel = SampleNormStage<T, S, Operation, L>;
    const int edge = x.graph().append(Stage(in_layout<L>(x).edge())
                                          .packed_by(&Kernel::pack, Source{weight, bias}, Kernel::packed_bytes)
                                          .with_scratch(Kernel::scratch_bytes),
                                      bytes<T, S, L>);
    return Symbolic<T, S, L, Open<Kernel, pointwise::Identity, false>>(x.graph(), edge);
  }

 private:
  // Whether weights are those of an image's channels, and not of each of its elements.
  template <class S>
  static constexpr bool of_channels() {
    return S::rank > 2 && Operation::sample_grouping(S{}).inner * S::dims[0] * S::dims[1] == S::size &&
           Operation::sample_grouping(S{}).channels == S::dims[1];
  }
};

}  // namespace tenon::inline TENON_ISA::planning
