/// \file
/// The arguments of a call: Tensors of a place, expressions, Variables, Parameters, Buffers, or Absent.
#pragma once

#include <tuple>

#include "../core/shape_error.hpp"
#include "variable.hpp"

namespace tenon::inline TENON_ISA {

namespace detail {
template <>
struct shape_of<Absent> : std::type_identity<Absent> {};

/// Whether X is an xtensor expression, other than a Tensor, whose type tells its shape.
template <class X>
inline constexpr bool is_expression = false;
template <class X>
  requires(requires { typename static_extents<typename X::shape_type>::type; } && !is_tensor<X>)
inline constexpr bool is_expression<X> = std::is_convertible_v<const X&, const xt::xexpression<X>&>;

/// Returns an argument as `apply` works with it: an expression evaluated, a Buffer's tensor, anything else as it is.
template <class X>
decltype(auto) as_argument(const X& x) {
  if constexpr (is_buffer<X>)
    return x.data();
  else if constexpr (is_expression<X>)
    return tensor_of_t<typename X::value_type, typename static_extents<typename X::shape_type>::type>(x);
  else if constexpr (std::is_same_v<X, Absent>)
    return Absent{};  // g++ warns of the layer's own, which nothing initialises
  else
    return (x);
}
template <class X>
inline constexpr bool is_symbolic = requires { typename X::symbolic; };
/// Whether X is a piece of a longer sequence.
template <class X>
inline constexpr bool is_piece = requires { typename X::piece_type; };
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

/// The tensor type behind an argument; a Tensor's and Absent's are themselves.
template <class X>
struct argument : std::type_identity<X> {};
template <class X>
  requires(is_variable<X> || is_parameter<X> || is_buffer<X>)
struct argument<X> : std::type_identity<typename X::tensor_type> {};
template <class X>
using argument_t = typename argument<std::remove_cvref_t<X>>::type;

/// The element type of an argument; void if it has none, such as a shape.
template <class X>
struct element : std::type_identity<void> {};
template <class X>
  requires requires { typename argument_t<X>::value_type; }
struct element<X> : std::type_identity<typename argument_t<X>::value_type> {};
template <class X>
using element_t = typename element<X>::type;

template <class... X>
struct first_parameter;
template <class X, class... Rest>
struct first_parameter<X, Rest...> : std::conditional_t<is_parameter<X>, element<X>, first_parameter<Rest...>> {};

/// Returns a rejection if `Operation` does not accept the element types of the arguments. Argument `index_argument`
/// must hold 64-bit integers; parameters, and buffers of type `buffer_element`, must have the type of the first
/// argument.
template <class Operation, class First, class... Rest>
consteval auto check_elements() {
  if constexpr (requires { Operation::index_argument; }) {
    using T = element_t<std::tuple_element_t<std::size_t{Operation::index_argument}, std::tuple<First, Rest...>>>;
    if constexpr (!std::is_void_v<T> && !std::is_same_v<T, std::int64_t>)
      return Rejection<Operation, expected_elements<std::int64_t>, actual_elements<T>>{};
  } else if constexpr (!std::is_void_v<element_t<First>>) {
    using T = element_t<First>;
    if constexpr (!((!is_parameter<Rest> || std::is_same_v<element_t<Rest>, T>) && ...))
      return Rejection<Operation, expected_elements<typename first_parameter<Rest...>::type>, actual_elements<T>>{};
    else if constexpr (requires { typename Operation::buffer_element; })
      if constexpr (!std::is_same_v<typename Operation::buffer_element, T>)
        return Rejection<Operation, expected_elements<typename Operation::buffer_element>, actual_elements<T>>{};
  }
}

/// Whether an argument is at the place of the first; an Absent one is anywhere.
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
    return x.state()->wants_grad();
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
/// Returns the arguments, as bits, whose gradients are wanted from a call. The call is recorded if there are any.
template <class... X>
std::uint32_t wanted_gradients(const X&... x) {
  static_assert(sizeof...(X) <= 32);
  std::uint32_t wanted = 0, bit = 1;
  ((wanted |= wants_grad(x) ? bit : 0, bit <<= 1), ...);
  return (is_volatile(x) || ...) ? 0 : wanted;
}

}  // namespace autograd

}  // namespace tenon::inline TENON_ISA
