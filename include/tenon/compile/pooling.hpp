/// \file
/// Pooling stages.
#pragma once

#include "../cpu/micro/blocked_pool.hpp"
#include "../cpu/micro/pooling.hpp"
#include "../nn/pooling.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

template <class T, class Operation, class S, class Layout>
struct PoolStage {
  using Function = typename Operation::function;
  static constexpr auto geometry = [] {
    auto g = Operation::geometry(S{});
    if (std::is_same_v<Layout, Blocked>) g.planes = Image<S>::batch * micro::vectors_for<T>(Image<S>::channels);
    return g;
  }();

  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(y);
    if constexpr (std::is_same_v<Layout, Blocked>)
      micro::blocked_pool<Function>(geometry, from, to);
    else if constexpr (Operation::rank == 2)
      micro::plain_pool<Function>(geometry, from, to);
    else
      micro::pool<Function>(geometry, from, to);
  }
};

namespace detail {
/// The pooling that convolutions can take in: the largest of 2 x 2, side by side. The last row and column may be left
/// out.
template <class Windows, class Function>
inline constexpr bool tiles_by_two = false;
template <class K, class St, class P, class D>
inline constexpr bool tiles_by_two<operation::SlidingWindows<2, K, St, P, D, false>, pooling::Max> = [] {
  for (std::size_t a = 0; a < 2; ++a)
    if (K::value[a] != 2 || St::value[a] != 2 || P::value[a] != 0 || D::value[a] != 1) return false;
  return true;
}();
}  // namespace detail

template <class Shown, class Windows, class Function>
struct Lowering<operation::Pool<Shown, Windows, Function, false>> {
  using Operation = operation::Pool<Shown, Windows, Function, false>;
  static constexpr int parameters = 0;

  template <class T, class S, class L, class Kernel, class Epilogue, bool Foldable, bool Unique>
    requires(detail::tiles_by_two<Windows, Function> && requires { typename Kernel::PooledStage; })
  static constexpr auto append(const Operation&, const Symbolic<T, S, L, Open<Kernel, Epilogue, Foldable, Unique>>& x) {
    using Merged = typename Kernel::PooledStage;
    using Result = decltype(Operation::output_shape(S{}));
    using Pooled = Symbolic<T, Result, Plain, Sealed<Merged, Epilogue>>;
    if constexpr (!Unique)
      if (!x.graph().open(x.edge())) return Pooled(x.graph(), append_alone(x).edge());
    Stage merged = x.graph().stage(x.edge());
    merged.packed_by(&Merged::pack, merged.source, Merged::packed_bytes).with_scratch(Merged::scratch_bytes);
    const Stage alone = Stage(-1).computed_by(&PoolStage<T, Operation, S, L>::run);
    return Pooled(x.graph(), x.graph().take_over(x.edge(), merged, alone, bytes<T, Result, Plain>));
  }

  template <class X>
  static constexpr auto append(const Operation&, const X& x) {
    return append_alone(x);
  }

 private:
  template <class X>
  static constexpr auto append_alone(const X& x) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using L = std::conditional_t<Operation::rank == 2 && std::is_same_v<typename X::layout, Blocked>, Blocked, Plain>;
    using Result = decltype(Operation::output_shape(S{}));
    const int edge = x.graph().append(Stage(in_layout<L>(x).edge()).computed_by(&PoolStage<T, Operation, S, L>::run),
                                      bytes<T, Result, L>);
    return Symbolic<T, Result, L>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
