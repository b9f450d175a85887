/// \file
/// Activation stages: usually the epilogue of the stage before.
#pragma once

#include "../cpu/activation.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

template <class T, class Function, index_t Size>
struct PointwiseStage {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    micro::map<T>(Size, Function{}, static_cast<T*>(y), static_cast<const T*>(x));
  }
};

template <class Function>
struct Lowering<operation::Pointwise<Function>> {
  using Operation = operation::Pointwise<Function>;
  static constexpr int parameters = 0;

  template <class T, class S, class L, class P>
  static constexpr auto append(const Operation&, const Symbolic<T, S, L, P>& x) {
    return Symbolic<T, S, L>(x.graph(), append_alone(x));
  }

  template <class T, class S, class L, class K, class Epilogue, bool Foldable, bool Unique>
  static constexpr auto append(const Operation&, const Symbolic<T, S, L, Open<K, Epilogue, Foldable, Unique>>& x) {
    using Both = std::conditional_t<std::is_same_v<Epilogue, pointwise::Identity>, Function,
                                    pointwise::Compose<Epilogue, Function>>;
    const int edge = Unique || x.graph().open(x.edge())
                         ? x.graph().take_over(x.edge(), x.graph().stage(x.edge()), stage<T, S, L>(-1), bytes<T, S, L>)
                         : -1;
    if constexpr (!Unique) {
      // Somebody else has read or taken over this edge: what follows may not be folded either.
      if (edge < 0) return Symbolic<T, S, L, Open<K, Both, false>>(x.graph(), append_alone(x));
    }
    return Symbolic<T, S, L, Open<K, Both, false>>(x.graph(), edge);
  }

 private:
  template <class T, class S, class L>
  static constexpr Stage stage(int input) {
    return Stage(input).computed_by(&PointwiseStage<T, Function, elements<T, S, L>>::run);
  }
  template <class T, class S, class L, class P>
  static constexpr int append_alone(const Symbolic<T, S, L, P>& x) {
    return x.graph().append(stage<T, S, L>(x.use()), bytes<T, S, L>);
  }
};

template <>
struct Lowering<operation::Pointwise<pointwise::Identity>> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr X append(const operation::Pointwise<pointwise::Identity>&, const X& x) {
    return x;
  }
};

template <class T, class S, index_t Parameters, class Layout>
struct PReLUStage {
  using V = micro::Vector<T>;
  static constexpr index_t padded = (Parameters + micro::lanes<T> - 1) / micro::lanes<T> * micro::lanes<T>;
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(padded) * sizeof(T);

  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    const T *from = static_cast<const T*>(x), *weight = elements_at<T>(packed);
    T* to = static_cast<T*>(y);
    if constexpr (std::is_same_v<Layout, Plain>) {
      cpu::Kernel<operation::PReLU<Parameters>>::template compute<T, S>(from, weight, to);
    } else {
      constexpr index_t plane = Image<S>::pixels * micro::lanes<T>, blocks = elements<T, S, Blocked> / plane;
      for (index_t block = 0; block < blocks; ++block, from += plane, to += plane) {
        const V w = Parameters == 1 ? V(*weight) : V::load_unaligned(weight + block * micro::lanes<T> % padded);
        micro::map<T>(plane, [w](const V& v) { return pointwise::choose(v > V(T(0)), v, w * v); }, to, from);
      }
    }
  }
  static void pack(const Source& source, std::byte* packed) {
    T* weight = elements_at<T>(packed);
    std::fill_n(weight, padded, T(0));
    std::copy_n(static_cast<const T*>(source.weight), Parameters, weight);
  }
};

template <index_t Parameters>
struct Lowering<operation::PReLU<Parameters>> {
  static constexpr int parameters = 1;
  template <class T, class S, class L, class P>
  static constexpr auto append(const operation::PReLU<Parameters>& prelu, const Symbolic<T, S, L, P>& x,
                               const void* weight) {
    if constexpr (!std::is_same_v<L, Plain> && !std::is_same_v<L, Blocked>) {
      return append(prelu, plain(x), weight);
    } else {
      using Kernel = PReLUStage<T, S, Parameters, L>;
      const int edge = x.graph().append(
          Stage(x.use()).computed_by(&Kernel::run).packed_by(&Kernel::pack, {weight}, Kernel::packed_bytes),
          bytes<T, S, L>);
      return Symbolic<T, S, L>(x.graph(), edge);
    }
  }
};

}  // namespace tenon::inline TENON_ISA::planning
