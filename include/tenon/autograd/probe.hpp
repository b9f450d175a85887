/// \file
/// Arguments that have a shape and no elements, by which a user's `forward` is asked for the shape of its result.
#pragma once

#include "operation.hpp"

namespace tenon::inline TENON_ISA {

/// An argument of a user's `forward`, of shape `S`, when only the shape of its result is asked for.
template <class S>
struct Probe {
  using probed = S;
  template <class Index>
  auto operator[](const Index& i) const {
    return detail::element_of(*this, i);
  }
};

namespace detail {
template <class S>
struct shape_of<Probe<S>> : std::type_identity<S> {};
template <class X>
inline constexpr bool is_probe = requires { typename X::probed; };
template <class S>
struct probes : std::type_identity<Probe<S>> {};
template <class... S>
struct probes<Shapes<S...>> : std::type_identity<std::tuple<Probe<S>...>> {};
}  // namespace detail

}  // namespace tenon::inline TENON_ISA
