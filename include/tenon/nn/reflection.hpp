/// \file
/// What BOOST_HANA_DEFINE_STRUCT says of a class, as types: a program that walks the members runs nothing of Hana's.
#pragma once

#include <type_traits>
#include <utility>

#include "../core/hana.hpp"

namespace tenon::inline TENON_ISA::nn::detail {

/// Of one of the pairs of a name and a pointer that Hana has for a class: the name, and the member of an object.
template <class Accessor>
struct Reflected;
template <class Name, class Pointer>
struct Reflected<boost::hana::pair<Name, Pointer>> {
  static constexpr const char* name = boost::hana::to<const char*>(Name{});
  template <class M>
  static constexpr auto& of(M& object) {
    return Pointer{}(object);
  }
};

template <class... Members>
struct Reflection {};
template <class... Accessors>
auto reflect(const boost::hana::tuple<Accessors...>&) -> Reflection<Reflected<Accessors>...>;
/// The members that `M` names, in order of their declaration: a `Reflection<Reflected<...>...>`.
template <class M>
using reflection_t = decltype(reflect(boost::hana::accessors<M>()));

/// The type of a member of `M`.
template <class M, class Member>
using member_of_t = std::remove_cvref_t<decltype(Member::of(std::declval<M&>()))>;

}  // namespace tenon::inline TENON_ISA::nn::detail
