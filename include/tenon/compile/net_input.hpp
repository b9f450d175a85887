/// \file
/// What nets say of tensors that are not of the type they are compiled for.
#pragma once

#include <string_view>

#include "../core/shape_error.hpp"
#include "../core/tensor.hpp"

namespace tenon::inline TENON_ISA::planning {

struct Net {
  static constexpr std::string_view name = "net";
};

/// Whether a net from `Input` to `Output` takes arguments of the types `X...` as they are, without a conversion: (x),
/// or (x, y) where y can be written to. `X` is a reference type for what has a name.
template <class Input, class Output, class... X>
inline constexpr bool is_net_call = false;
template <class Input, class Output, class X>
inline constexpr bool is_net_call<Input, Output, X> = std::is_base_of_v<Input, std::remove_cvref_t<X>>;
template <class Input, class Output, class X, class Y>
inline constexpr bool is_net_call<Input, Output, X, Y> =
    is_net_call<Input, Output, X> && std::is_lvalue_reference_v<Y> && !std::is_const_v<std::remove_reference_t<Y>> &&
    std::is_base_of_v<Output, std::remove_cvref_t<Y>>;

/// What an expression makes, if its type tells.
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

/// One compile error: a net for `Input` is called with an `X`, which is something else.
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

/// One compile error: a net whose result is an `Output` is to write it into a `Y`.
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

/// One compile error: `X...` is no call of a net from `Input` to `Output`.
template <class Input, class Output, class... X>
auto reject_net_call() {
  if constexpr (sizeof...(X) != 1 && sizeof...(X) != 2) {
    TENON_REJECT("net takes (x), or (x, y) to write its result into y, and no other number of arguments", Input,
                 Output);
    return Rejected{};
  } else {
    return []<class First, class... Second>(std::type_identity<First>, std::type_identity<Second>...) {
      if constexpr (is_net_call<Input, Output, First>)
        return reject_net_result<Output, Second...>();
      else
        return reject_net_input<Input, std::remove_cvref_t<First>>();
    }(std::type_identity<X>{}...);
  }
}

}  // namespace tenon::inline TENON_ISA::planning
