/// \file
/// The arguments of a call: Tensors of a place, expressions, Variables, Parameters, Buffers, or Absent.
#pragma once

#include <tuple>

#include "../core/shape_error.hpp"
#include "variable.hpp"

namespace tenon::inline TENON_ISA {

namespace detail {
template <>
struct shape_of<Absent> {
  using type = Absent;
};

/// Whether X is an xtensor expression, other than a Tensor, whose type tells its shape.
template <class X>
inline constexpr bool is_expression = false;
template <class X>
  requires(requires { typename static_extents<typename X::shape_type>::type; } && !is_tensor<X>)
inline constexpr bool is_expression<X> = std::is_convertible_v<const X&, const xt::xexpression<X>&>;

/// An argument as `apply` works with it: expressions are evaluated, a Buffer is its tensor, everything else stays.
template <class X>
decltype(auto) as_argument(const X& x) {
  if constexpr (is_buffer<X>)
    return x.data();
  else if constexpr (is_expression<X>)
    return tensor_of_t<typename X::value_type, typename static_extents<typename X::shape_type>::type>(x);
  else if constexpr (std::is_same_v<X, Absent>)
    return Absent{};  // g++ warns of the one in the layer, which nothing initialises
  else
    return (x);
}
template <class X>
inline constexpr bool is_symbolic = requires {
  typename X::symbolic;
};
template <class First, class... Rest>
const auto& first_symbolic(const First& first, const Rest&... rest) {
  if constexpr (is_symbolic<First>)
    return first;
  else
    return first_symbolic(rest...);
}
template <class X>
inline constexpr bool is_rejected = std::is_same_v<std::remove_cvref_t<X>, Rejected>;
}  // namespace detail

namespace autograd {

/// The tensor type behind an argument; a Tensor and Absent are their own.
template <class X>
struct argument {
  using type = X;
};
template <class X>
  requires(is_variable<X> || is_parameter<X> || is_buffer<X>)
struct argument<X> {
  using type = typename X::tensor_type;
};
template <class X>
using argument_t = typename argument<std::remove_cvref_t<X>>::type;

/// The element type of an argument; void of what has none, such as a shape.
template <class X>
struct element {
  using type = void;
};
template <class X>
  requires requires { typename argument_t<X>::value_type; }
struct element<X> {
  using type = typename argument_t<X>::value_type;
};
template <class X>
using element_t = typename element<X>::type;

template <class... X>
struct first_parameter;
template <class X, class... Rest>
struct first_parameter<X, Rest...> : std::conditional_t<is_parameter<X>, element<X>, first_parameter<Rest...>> {};

/// The rejection of arguments whose element types `Operation` does not accept: its argument number `index_argument`
/// holds 64-bit integers; parameters, and buffers of type `buffer_element`, have the type of what they are applied to.
template <class Operation, class First, class... Rest>
consteval auto check_elements() {
  constexpr int indices = [] {
    if constexpr (requires { Operation::index_argument; })
      return Operation::index_argument;
    else
      return -1;
  }();
  if constexpr (indices >= 0) {
    using T = element_t<std::tuple_element_t<static_cast<std::size_t>(indices), std::tuple<First, Rest...>>>;
    if constexpr (!std::is_void_v<T> && !std::is_same_v<T, std::int64_t>)
      return Rejection<Operation, expected_elements<std::int64_t>, actual_elements<T>>{};
  } else if constexpr (!std::is_void_v<element_t<First>>) {
    using T = element_t<First>;
    if constexpr (!((!is_parameter<Rest> || std::is_same_v<element_t<Rest>, T>)&&...))
      return Rejection<Operation, expected_elements<typename first_parameter<Rest...>::type>, actual_elements<T>>{};
    else if constexpr (requires { typename Operation::buffer_element; })
      if constexpr (!std::is_same_v<typename Operation::buffer_element, T>)
        return Rejection<Operation, expected_elements<typename Operation::buffer_element>, actual_elements<T>>{};
  }
}

/// Whether tensors and parameters are all at the place of the first.
template <class First, class X>
inline constexpr bool beside = std::is_same_v<typename First::place, typename X::place>;
template <class First>
inline constexpr bool beside<First, Absent> = true;
template <class First, class... X>
inline constexpr bool at_one_place = (beside<First, X> && ...);

template <class X>
const auto& value_of(const X& x) {
  if constexpr (is_variable<X> || is_parameter<X>)
    return x.data();
  else
    return x;
}
template <class X>
bool wants_grad(const X& x) {
  if constexpr (is_variable<X> || is_parameter<X>)
    return x.state()->requires_grad() || x.state()->producer();
  else
    return false;
}
template <class X>
bool is_volatile(const X& x) {
  if constexpr (is_variable<X>)
    return x.state()->is_volatile();
  else
    return false;
}
/// Whether a call of an operation on these arguments, with a Variable among them or a Parameter as the first, is
/// recorded.
template <class... X>
bool is_recorded(const X&... x) {
  return !(is_volatile(x) || ...) && (wants_grad(x) || ...);
}

}  // namespace autograd

}  // namespace tenon::inline TENON_ISA
