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

  template <class X>
  static constexpr auto append(const Operation&, const X& x) {
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
