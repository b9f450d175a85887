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

template <class T, class S, int Dim>
struct LogSoftmaxStage {
  static void run(const void* x, const void*, const std::byte*, void* scratch, void* y) noexcept {
    cpu::Kernel<operation::LogSoftmax<Dim>>::template compute<T, S>(static_cast<const T*>(x), static_cast<T*>(y),
                                                                    static_cast<T*>(scratch));
  }
};

template <int Dim>
struct Lowering<operation::LogSoftmax<Dim>> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr auto append(const operation::LogSoftmax<Dim>&, const X& x) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    const int edge = x.graph().append(Stage(plain(x).edge())
                                          .computed_by(&LogSoftmaxStage<T, S, Dim>::run)
                                          .with_scratch(bytes<T, S, Plain>),
                                      bytes<T, S, Plain>);
    return Symbolic<T, S>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
