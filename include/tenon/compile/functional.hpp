/// \file
/// Stages of the functions of a `forward`, and what needs no stage: dropout, flatten, reshape.
#pragma once

#include "../cpu/micro/map.hpp"
#include "../nn/containers.hpp"
#include "../nn/dropout.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

template <class T, index_t Size>
struct AddStage {
  static void run(const void* a, const void* b, const std::byte*, void*, void* y) noexcept {
    micro::map<T>(Size, [](const auto& u, const auto& v) { return u + v; }, static_cast<T*>(y),
                  static_cast<const T*>(a), static_cast<const T*>(b));
  }
};

template <>
struct Lowering<operation::Add> {
  static constexpr int parameters = 0;
  template <class A, class B>
  static constexpr auto append(const operation::Add&, const A& a, const B& b) {
    using T = typename A::value_type;
    using S = typename A::static_shape;
    using L = typename A::layout;
    using Common = std::conditional_t<std::is_same_v<L, Blocked> || std::is_same_v<L, typename B::layout>, L, Plain>;
    const auto first = in_layout<Common>(a);
    const auto second = in_layout<Common>(b);
    const int edge = a.graph().append(
        Stage(first.edge(), second.edge()).computed_by(&AddStage<T, elements<T, S, Common>>::run),
        bytes<T, S, Common>);
    return Symbolic<T, S, Common>(a.graph(), edge);
  }
};

/// In evaluation mode, nothing.
template <double P>
struct Lowering<operation::Dropout<P>> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr X append(const operation::Dropout<P>&, const X& x) {
    return x;
  }
};

/// The same elements, and the same edge where they lie in the same order.
template <class Operation>
  requires(Operation::keeps_elements)
struct Lowering<Operation> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr auto append(const Operation&, const X& x) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Result = decltype(Operation::output_shape(S{}));
    if constexpr (std::is_same_v<Result, S>) {
      return x;
    } else if constexpr (std::is_same_v<typename X::layout, Blocked> && Result::rank == 2 &&
                         Result::dims[0] == S::dims[0]) {
      using Layout = FlattenedBlocked<Image<S>::channels, Image<S>::pixels>;
      return Symbolic<T, Result, Layout>(x.graph(), x.use());
    } else {
      return Symbolic<T, Result>(x.graph(), plain(x).edge());
    }
  }
};

}  // namespace tenon::inline TENON_ISA::planning
