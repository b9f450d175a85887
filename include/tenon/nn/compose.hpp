/// \file
/// How a container composes its children, said once: its shape rule, its call and its plan come from that.
///
/// A container names the types of its children and has one function:
///
///     using children_types = Children<A, B>;
///     template <class Compose, class X>
///     static constexpr auto compose(const Compose& compose, const X& x);
///
/// `x` is a shape, a tensor or a value of a plan, and `compose` does with it what is to be done:
///
///     compose.template child<I>(x)        // what child I makes of x
///     compose.apply(operation, x...)      // what an operation makes of such results
///     compose.several(x)                  // x, for several children
///
/// The container also has `child<I>()`, its child I.
#pragma once

#include "module.hpp"

namespace tenon::inline TENON_ISA::nn {

/// The types of a container's children, in order.
template <class... M>
struct Children {};

namespace detail {

/// What a layer made of `x...` while planned: there is only this handle, unless it is what the layer was given.
template <class R, class... X>
constexpr auto made_of(const R& result, const X&... x) {
  if constexpr (!tenon::detail::is_symbolic<R> || (std::is_same_v<X, R> || ...))
    return result;
  else
    return result.made_of(x...);
}
/// What an operation made: there is only this handle.
template <class R>
constexpr decltype(auto) unique_result(const R& result) {
  if constexpr (tenon::detail::is_symbolic<R>)
    return result.unique();
  else
    return (result);
}
/// The result of `layer(x)` inside a container.
template <class M, class X>
auto call_child(M& layer, const X& x) {
  if constexpr (!tenon::detail::is_symbolic<X>)
    return layer(x);
  else if constexpr (requires { typename M::operation; })
    return made_of(layer.forward(x), x);
  else if constexpr (requires { typename M::built_in; })
    return layer.forward(x);
  else
    return layer(x);
}

/// Composes shapes. The first rejection passes through to the end.
template <class Container, class ChildrenTypes = typename Container::children_types>
struct ComposeShapes;
template <class Container, class... M>
struct ComposeShapes<Container, Children<M...>> {
  template <std::size_t I, class S>
  static constexpr auto child(const S& shape) {
    if constexpr (is_rejection<S>) {
      return shape;
    } else if constexpr (is_several<S>) {
      static_assert(!is_several<S>, "only the last layer of a Sequential may have several results, as return_indices");
      return AlreadyReported{};
    } else {
      using Result = layer_output_t<std::tuple_element_t<I, std::tuple<M...>>, S>;
      return std::conditional_t<Container::numbers_children, inside_layer_t<I, Result>, Result>{};
    }
  }
  template <class Operation, class First, class... Rest>
  static constexpr auto apply(const Operation& operation, const First& first, const Rest&... rest) {
    if constexpr (is_rejection<First>)
      return first;
    else if constexpr ((is_rejection<Rest> || ...))
      return apply(operation, rest...);  // finds the rejection
    else
      return decltype(Operation::output_shape(First{}, Rest{}...)){};
  }
  template <class S>
  static constexpr S several(S shape) {
    return shape;
  }
};

/// Calls the children of `container`.
template <class Container>
struct ComposeCalls {
  Container& container;

  template <std::size_t I, class X>
  auto child(const X& x) const {
    return call_child(container.template child<I>(), x);
  }
  template <class Operation, class... X>
  auto apply(const Operation& operation, const X&... x) const {
    return unique_result(tenon::apply(operation, x...));
  }
  template <class X>
  decltype(auto) several(const X& x) const {
    if constexpr (tenon::detail::is_symbolic<X>)
      return x.closed();
    else
      return (x);
  }
};

}  // namespace detail

/// Base of the containers of this library.
template <class Derived>
class Container : public Layer<Derived> {
 public:
  /// Whether errors tell the numbers of children.
  static constexpr bool numbers_children = true;

  template <class S>
  static constexpr auto output_shape(S shape) {
    return decltype(Derived::compose(detail::ComposeShapes<Derived>{}, shape)){};
  }
  template <class X>
  auto forward(const X& x) {
    return call(this->self(), x);
  }
  template <class X>
  auto forward(const X& x) const {
    return call(this->self(), x);
  }

 private:
  /// A shape that the container does not accept is one compile error.
  template <class Self, class X>
  static auto call(Self& self, const X& x) {
    if constexpr (tenon::detail::is_rejected<X>) {
      return Rejected{};
    } else if constexpr (tenon::detail::is_piece<X>) {  // of which layers make other shapes
      return Derived::compose(detail::ComposeCalls<Self>{self}, x);
    } else {
      using S = decltype(output_shape(shape_of_t<X>{}));
      if constexpr (is_rejection<S>) {
        report(S{});
        return Rejected{};
      } else {
        return Derived::compose(detail::ComposeCalls<Self>{self}, x);
      }
    }
  }
};

}  // namespace tenon::inline TENON_ISA::nn
