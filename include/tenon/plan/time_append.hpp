/// \file
/// How the rules of operations over time append pieces, and what they complain of.
#pragma once

#include "../nn/padding.hpp"
#include "../nn/recurrence.hpp"
#include "time.hpp"

namespace tenon::inline TENON_ISA::plan {

namespace detail {

/// What errors call an operation.
template <class Operation>
struct ShownAs : std::type_identity<Operation> {};
template <class Operation>
  requires requires { typename Operation::shown; }
struct ShownAs<Operation> : std::type_identity<typename Operation::shown> {};
template <class Shown, class Windows, class Function, bool ReturnIndices>
struct ShownAs<operation::Pool<Shown, Windows, Function, ReturnIndices>> : std::type_identity<Shown> {};
template <class Kind, index_t... Sides>
struct ShownAs<operation::Pad<Kind, Sides...>> : std::type_identity<Kind> {};
template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct ShownAs<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> : std::type_identity<Shown> {};
template <class Operation>
using shown_t = typename ShownAs<Operation>::type;
template <class X>
using piece_tensor_t = tensor_of_t<typename X::value_type, shape_of_t<X>>;

// The complaints of rules: `X` is the piece that the operation was given.
template <class Operation, class X>
auto reject_mixing() {
  TENON_REJECT("compile_stream: a layer combines elements of different times, later ones among them; layer and piece",
               shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}
template <class Operation, class X>
auto reject_looking_ahead() {
  TENON_REJECT(
      "compile_stream: a layer looks ahead, since it pads on the right of time or runs backward; without padding, or "
      "behind ZeroPad1d<padding<L, 0>>, a convolution reads what was; layer and piece",
      shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}
template <class Operation, class X>
auto reject_axis() {
  TENON_REJECT(
      "compile_stream: a layer reads time along another axis than the stream's; compile_stream<nn::dim<A>, "
      "Blocks...>(model) says along which axis A of the blocks time runs; layer and piece",
      shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}
template <class Operation, class X>
auto reject_extent() {
  TENON_REJECT(
      "compile_stream: the stride of a layer does not divide the extent of its piece along time; layer and piece",
      shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}
template <class Operation, class X>
auto reject_padding() {
  TENON_REJECT(
      "compile_stream: ZeroPad1d along time stands right before a convolution that reaches as far back; layer that "
      "follows it and piece",
      shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}

/// The time of the operands of an operation.
template <class... X>
struct TimeOf {
  using First = std::remove_cvref_t<decltype(tenon::detail::first_symbolic(std::declval<const X&>()...))>;
  static constexpr int axis = (std::max)({time_axis<X>...});
  /// Whether all that are no layer's parameters have it along the same axis.
  static constexpr bool is_common = [] {
    bool common = true;
    const auto look = [&]<class A>(std::type_identity<A>) {
      if constexpr (is_timed<A>)
        common = common && is_same_axis<shape_of_t<A>>(A::axis, axis);
      else
        common = common && is_layer_parameter<A>;
    };
    (look(std::type_identity<X>{}), ...);
    return common;
  }();
};
template <class X>
inline constexpr bool is_padded = false;
template <class Inner, int Axis, index_t Padding>
inline constexpr bool is_padded<Timed<Inner, Axis, Padding>> = (Padding > 0);

/// Appends `operation` on `x...` as in a net, with the time of the result along `Axis`.
template <int Axis, class Operation, class... X>
auto append_piece(const Operation& operation, const X&... x) {
  return with_time<Axis>(tenon::detail::first_symbolic(piece_of(x)...).append(operation, piece_of(x)...));
}

/// Appends an operation whose result has time along `axis<S>`, a function of the shape and the axis of its operands; a
/// negative one is a complaint.
template <class Rule, class Operation, class... X>
auto append_along(const Operation& operation, const X&... x) {
  using Time = TimeOf<X...>;
  using First = typename Time::First;
  if constexpr ((is_padded<X> || ...)) {
    return reject_padding<Operation, First>();
  } else if constexpr (Time::axis == no_time) {
    return append_piece<no_time>(operation, x...);
  } else if constexpr (!Time::is_common) {
    TENON_REJECT(
        "compile_stream: an operand has no time, or along another axis: a tensor that is no input of the stream, or "
        "the last state of a layer; operation and piece",
        shown_t<Operation>, piece_tensor_t<First>);
    return Rejected{};
  } else {
    constexpr int axis = Rule::template axis<shape_of_t<First>>(Time::axis);
    if constexpr (axis < 0)
      return reject_mixing<Operation, First>();
    else
      return append_piece<axis>(operation, x...);
  }
}

/// The kernel of the backend for `Operation` on pieces like `X`.
template <class Operation, class X>
using timed_kernel_t = typename X::backend::template timed_stage<Operation>::template kernel<
    with_producer_t<typename X::piece_type, Closed>>;

}  // namespace detail

}  // namespace tenon::inline TENON_ISA::plan
