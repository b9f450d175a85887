/// \file
/// Planning containers from their types alone, so that a net's sizes are constants.
#pragma once

#include "activation.hpp"
#include "conv.hpp"
#include "distance.hpp"
#include "embedding.hpp"
#include "functional.hpp"
#include "linear.hpp"
#include "normalization.hpp"
#include "pooling.hpp"
#include "softmax.hpp"
#include "vision.hpp"

namespace tenon::inline TENON_ISA::planning {

/// Whether the plan of a module follows from its type: layers, and containers of such. A user's `forward` has to be
/// called.
template <class M>
inline constexpr bool planned_by_type = false;
template <class M>
  requires requires { typename M::operation; }
inline constexpr bool planned_by_type<M> = can_compile<typename M::operation>;
template <class... E>
inline constexpr bool planned_by_type<nn::Sequential<E...>> = (planned_by_type<nn::layer_of_t<E>> && ...);
template <class B, class S>
inline constexpr bool planned_by_type<nn::Residual<B, S>> = planned_by_type<B> && planned_by_type<S>;
template <class... B>
inline constexpr bool planned_by_type<nn::Concat<B...>> = (planned_by_type<nn::layer_of_t<B>> && ...);
template <class A>
inline constexpr bool planned_by_type<nn::Shared<A>> = planned_by_type<A>;

/// Appends the stages of a module of type `M`, whose tensors are unknown.
template <class M>
struct Trace {
  template <class X>
  static constexpr auto append(const X& x) {
    using Operation = typename M::operation;
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return Lowering<Operation>::append(Operation{}, x, (static_cast<void>(I), nullptr)...);
    }(std::make_index_sequence<Lowering<Operation>::parameters>{});
  }
};

namespace detail {
template <class X>
struct Chained {
  X x;
  template <class M>
  constexpr auto operator>>(std::type_identity<M>) const {
    const auto next = unique(Trace<M>::append(x));
    return Chained<std::remove_const_t<decltype(next)>>{next};
  }
};
}  // namespace detail

template <class... E>
struct Trace<nn::Sequential<E...>> {
  template <class X>
  static constexpr auto append(const X& x) {
    return (detail::Chained<X>{x} >> ... >> std::type_identity<nn::layer_of_t<E>>{}).x;
  }
};

template <class B, class S>
struct Trace<nn::Residual<B, S>> {
  template <class X>
  static constexpr auto append(const X& x) {
    const auto both = shared(x);
    const auto body = Trace<B>::append(both);
    return Lowering<operation::Add>::append(operation::Add{}, body, Trace<S>::append(both));
  }
};

template <class... B>
struct Trace<nn::Concat<B...>> {
  template <class X>
  static constexpr auto append(const X& x) {
    const auto input = shared(x);
    using Branches = std::tuple<decltype(Trace<nn::layer_of_t<B>>::append(input))...>;
    const Branches results{Trace<nn::layer_of_t<B>>::append(input)...};  // in order
    return std::apply([](const auto&... y) { return Lowering<operation::Cat<1>>::append(operation::Cat<1>{}, y...); },
                      results);
  }
};

template <class A>
struct Trace<nn::Shared<A>> : Trace<A> {};

}  // namespace tenon::inline TENON_ISA::planning
