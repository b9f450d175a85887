/// \file
/// The compile errors of a net that is called with tensors of other types than it is compiled for.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <tuple>
#include <utility>

#include "../core/shape_error.hpp"
#include "../core/tensor.hpp"

namespace tenon::inline TENON_ISA::plan {

struct Net {
  static constexpr std::string_view name = "net";
};

/// A list of types, such as those of a net's inputs or of its results.
template <class... X>
struct Types {};

/// Whether an argument of type `X` is taken for an input of type `Input` as it is, without a conversion. `X` is a
/// reference type if the argument has a name.
template <class Input, class X>
inline constexpr bool is_input_argument = std::is_base_of_v<Input, std::remove_cvref_t<X>>;
/// Whether a result of type `Output` can be written into an argument of type `Y`.
template <class Output, class Y>
inline constexpr bool is_result_argument =
    std::is_lvalue_reference_v<Y> && !std::is_const_v<std::remove_reference_t<Y>> &&
    std::is_base_of_v<Output, std::remove_cvref_t<Y>>;

namespace detail {
template <class... Input, class... X>
constexpr bool are_inputs(Types<Input...>, Types<X...>) {
  return (is_input_argument<Input, X> && ...);
}
template <class... Input, class... Output, class... X>
constexpr bool is_net_call(Types<Input...>, Types<Output...>, Types<X...>) {
  using All = std::tuple<X...>;
  constexpr std::size_t inputs = sizeof...(Input);
  if constexpr (sizeof...(X) == inputs)
    return are_inputs(Types<Input...>{}, Types<X...>{});
  else if constexpr (sizeof...(X) == inputs + sizeof...(Output))
    return []<std::size_t... I, std::size_t... R>(std::index_sequence<I...>, std::index_sequence<R...>) {
      return (is_input_argument<Input, std::tuple_element_t<I, All>> && ...) &&
             (is_result_argument<Output, std::tuple_element_t<inputs + R, All>> && ...);
    }(std::index_sequence_for<Input...>{}, std::index_sequence_for<Output...>{});
  else
    return false;
}
}  // namespace detail
/// Whether a net takes arguments of the types `Arguments`: its inputs, or these and the tensors for its results.
template <class Inputs, class Outputs, class Arguments>
inline constexpr bool is_net_call = detail::is_net_call(Inputs{}, Outputs{}, Arguments{});

/// The tensor type that an expression evaluates to, if its type tells; else `X` itself.
template <class X>
struct Evaluated {
  using type = X;
};
template <class X>
  requires requires { typename tenon::detail::static_extents<typename X::shape_type>::type; }
struct Evaluated<X> {
  using shape = typename tenon::detail::static_extents<typename X::shape_type>::type;
  using type = tensor_of_t<typename X::value_type, shape>;
};

/// Makes one compile error: a net for `Input` is called with an `X`, which is something else.
template <class Input, class X>
auto reject_net_input() {
  if constexpr (requires { typename X::static_shape; }) {
    if constexpr (!std::is_same_v<typename X::place, typename Input::place>)
      TENON_REJECT("net takes tensors of its own place: cuda::copy(x), or x.to_host(); wanted and found", Input, X);
    else if constexpr (std::is_same_v<shape_of_t<X>, shape_of_t<Input>>)
      report(Rejection<Net, expected_elements<typename Input::value_type>, actual_elements<typename X::value_type>>{});
    else
      []<index_t... D>(Shape<D...>) {
        report(reject_t<Net, expected_input<D...>, shape_of_t<X>>{});
      }(shape_of_t<Input>{});
  } else if constexpr (requires { typename X::tensor_type; }) {
    TENON_REJECT("net takes a Tensor, not a Variable, Parameter or Buffer: call net(x.data()); wanted and found", Input,
                 X);
  } else if constexpr (xt::is_xexpression<X>::value) {
    TENON_REJECT("net takes a Tensor, not an expression: evaluate it first, as in Tensor<...>{a + b}; wanted and found",
                 Input, typename Evaluated<X>::type);
  } else if constexpr (!std::is_same_v<X, Rejected>) {
    TENON_REJECT("net takes a Tensor; wanted and found", Input, X);
  }
  return Rejected{};
}

/// Makes one compile error: a net is to write its result, an `Output`, into a `Y`.
template <class Output, class Y>
auto reject_net_result() {
  using Found = std::remove_cvref_t<Y>;
  if constexpr (std::is_same_v<Found, Rejected>) {
  } else if constexpr (!std::is_base_of_v<Output, Found>) {
    TENON_REJECT("net(x, y) writes its result into y, which has another type; wanted and found", Output, Found);
  } else if constexpr (std::is_const_v<std::remove_reference_t<Y>>) {
    TENON_REJECT("net(x, y) writes its result into y, which is const", const Found);
  } else {
    TENON_REJECT("net(x, y) writes its result into y, which is a temporary: give it a name", Found);
  }
  return Rejected{};
}

/// Returns the position of the first false; the size if all are true.
constexpr std::size_t first_false(std::initializer_list<bool> all) {
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), false) - all.begin());
}

/// Makes one compile error: a net cannot be called with the arguments `X...`.
template <class... Input, class... Output, class... X>
auto reject_net_call(Types<Input...>, Types<Output...>, Types<X...>) {
  constexpr std::size_t inputs = sizeof...(Input), all = inputs + sizeof...(Output);
  if constexpr (sizeof...(X) != inputs && sizeof...(X) != all) {
    if constexpr (all == 2)
      TENON_REJECT("net takes (x), or (x, y) to write its result into y, and no other number of arguments", Input...,
                   Output...);
    else
      TENON_REJECT(
          "net takes its inputs, or these and the tensors to write its results into, and no other number of "
          "arguments; inputs and results",
          Types<Input...>, Types<Output...>);
  } else {
    using Found = std::tuple<X...>;
    constexpr std::size_t wrong_input = []<std::size_t... I>(std::index_sequence<I...>) {
      return first_false({is_input_argument<Input, std::tuple_element_t<I, Found>>...});
    }(std::index_sequence_for<Input...>{});
    if constexpr (wrong_input < inputs) {
      reject_net_input<std::tuple_element_t<wrong_input, std::tuple<Input...>>,
                       std::remove_cvref_t<std::tuple_element_t<wrong_input, Found>>>();
    } else {
      constexpr std::size_t wrong_result = []<std::size_t... R>(std::index_sequence<R...>) {
        return first_false({is_result_argument<Output, std::tuple_element_t<inputs + R, Found>>...});
      }(std::index_sequence_for<Output...>{});
      reject_net_result<std::tuple_element_t<wrong_result, std::tuple<Output...>>,
                        std::tuple_element_t<inputs + wrong_result, Found>>();
    }
  }
  return Rejected{};
}

}  // namespace tenon::inline TENON_ISA::plan
