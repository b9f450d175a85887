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

/// One compile error: a net for `Input` is called with an `X`, a tensor of another shape or element type.
template <class Input, class X>
auto reject_net_input() {
  if constexpr (std::is_same_v<shape_of_t<X>, shape_of_t<Input>>)
    report(Rejection<Net, expected_elements<typename Input::value_type>, actual_elements<typename X::value_type>>{});
  else
    []<index_t... D>(Shape<D...>) {
      report(reject_t<Net, expected_input<D...>, shape_of_t<X>>{});
    }(shape_of_t<Input>{});
  return Rejected{};
}

}  // namespace tenon::inline TENON_ISA::planning
