/// \file
/// Pooling stages.
#pragma once

#include "../cpu/micro/blocked_pool.hpp"
#include "../cpu/micro/pooling.hpp"
#include "../nn/pooling.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

template <class T, class Operation, class S, class Layout>
struct MaxPoolStage {
  static constexpr auto geometry = [] {
    auto g = Operation::geometry(S{});
    if (std::is_same_v<Layout, Blocked>) g.planes = Image<S>::batch * micro::vectors_for<T>(Image<S>::channels);
    return g;
  }();

  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(y);
    if constexpr (std::is_same_v<Layout, Blocked>)
      micro::blocked_max_pool<T>(geometry, from, to);
    else if constexpr (Operation::rank == 2)
      micro::plain_max_pool<T>(geometry, from, to);
    else
      micro::max_pool<T>(geometry, from, to, nullptr);
  }
};

template <int Rank, class K, class St, class P, class D, bool CeilMode>
struct Lowering<operation::MaxPool<Rank, K, St, P, D, false, CeilMode>> {
  using Operation = operation::MaxPool<Rank, K, St, P, D, false, CeilMode>;
  static constexpr int parameters = 0;
  /// The pooling that convolutions can take in: windows of 2 x 2 side by side. The last row and column may be left out.
  static constexpr bool tiles_by_two = [] {
    bool tiles = Rank == 2 && !CeilMode;
    for (std::size_t a = 0; a < Rank; ++a)
      tiles = tiles && Operation::kernel[a] == 2 && Operation::stride[a] == 2 && Operation::padding[a] == 0 &&
              Operation::dilation[a] == 1;
    return tiles;
  }();

  template <class T, class S, class L, class Kernel, class Epilogue, bool Foldable, bool Unique>
    requires(tiles_by_two && requires { typename Kernel::PooledStage; })
  static constexpr auto append(const Operation&, const Symbolic<T, S, L, Open<Kernel, Epilogue, Foldable, Unique>>& x) {
    using Merged = typename Kernel::PooledStage;
    using Result = decltype(Operation::output_shape(S{}));
    using Pooled = Symbolic<T, Result, Plain, Sealed<Merged, Epilogue>>;
    if constexpr (!Unique)
      if (!x.graph().open(x.edge())) return Pooled(x.graph(), append_alone(x).edge());
    Stage merged = x.graph().stage(x.edge());
    merged.packed_by(&Merged::pack, merged.source, Merged::packed_bytes).with_scratch(Merged::scratch_bytes);
    const Stage alone = Stage(-1).computed_by(&MaxPoolStage<T, Operation, S, L>::run);
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
    using L = std::conditional_t<Rank == 2 && std::is_same_v<typename X::layout, Blocked>, Blocked, Plain>;
    using Result = decltype(Operation::output_shape(S{}));
    const int edge = x.graph().append(
        Stage(in_layout<L>(x).edge()).computed_by(&MaxPoolStage<T, Operation, S, L>::run), bytes<T, Result, L>);
    return Symbolic<T, Result, L>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
