/// \file
/// What a module names among its members and would nevertheless neither be trained nor saved: tensors that are no
/// Parameter and no Buffer, and what containers and pointers hold.
#pragma once

#include <ranges>
#include <tuple>

#include "../core/any_tensor.hpp"
#include "../core/hana.hpp"
#include "../core/shape_error.hpp"
#include "members.hpp"

namespace tenon::inline TENON_ISA::nn::detail {

template <class M, class... Members>
auto types_of_members(Reflection<Members...>) -> std::tuple<member_of_t<M, Members>*...>;
/// The types of the members that `M` names, as a std::tuple of pointers to them.
template <class M>
using named_members_t = decltype(types_of_members<M>(reflection_t<M>{}));

/// A tensor of any place, an expression of xtensor, or a tensor whose type is known at run time.
template <class X>
inline constexpr bool is_plain_tensor = requires { typename X::static_shape; } || xt::is_xexpression<X>::value ||
                                        std::is_same_v<X, AnyTensor>;

/// Whether an `X` is or holds modules or tensors: in a range, an array, a tuple, an optional, behind a pointer, in a
/// struct that names its members. `Depth` bounds the search.
template <class X, int Depth = 4>
constexpr bool holds_tensors();

template <int Depth, class... X>
constexpr bool any_holds_tensors(std::type_identity<std::tuple<X*...>>) {
  return (holds_tensors<X, Depth>() || ...);
}
template <int Depth, template <class...> class C, class... X>
constexpr bool any_holds_tensors(std::type_identity<C<X...>>) {
  return (holds_tensors<X, Depth>() || ...);
}
template <class X>
inline constexpr bool is_hana_tuple = false;
template <class... X>
inline constexpr bool is_hana_tuple<boost::hana::tuple<X...>> = true;

template <class X, int Depth>
constexpr bool holds_tensors() {
  using Plain = std::remove_cvref_t<X>;
  if constexpr (Depth == 0) {
    return false;
  } else if constexpr (std::is_array_v<Plain>) {
    return holds_tensors<std::remove_all_extents_t<Plain>, Depth>();
  } else if constexpr (std::is_pointer_v<Plain>) {
    return holds_tensors<std::remove_pointer_t<Plain>, Depth - 1>();
  } else if constexpr (!std::is_class_v<Plain> || !requires { sizeof(Plain); }) {
    return false;  // of an incomplete class nothing is known
  } else if constexpr (is_module<Plain> || is_plain_tensor<Plain> || requires { typename Plain::tensor_type; }) {
    return true;
  } else if constexpr (std::ranges::range<Plain&>) {
    return holds_tensors<std::ranges::range_value_t<Plain&>, Depth - 1>();
  } else if constexpr (is_hana_tuple<Plain> || requires { std::tuple_size<Plain>::value; } ||
                       requires(const Plain& x) { x.valueless_by_exception(); }) {
    return any_holds_tensors<Depth - 1>(std::type_identity<Plain>{});
  } else if constexpr (requires(Plain& x) { *x; }) {
    return holds_tensors<decltype(*std::declval<Plain&>()), Depth - 1>();
  } else if constexpr (requires(Plain& x) { static_cast<typename Plain::type&>(x.get()); }) {  // reference_wrapper
    return holds_tensors<typename Plain::type, Depth - 1>();
  } else if constexpr (boost::hana::Struct<Plain>::value) {
    return any_holds_tensors<Depth - 1>(std::type_identity<named_members_t<Plain>>{});
  } else {
    return false;
  }
}

/// Whether a named member of type `X` is part of what is trained and saved, or has no tensors.
template <class X>
inline constexpr bool is_saved = is_parameter<X> || is_buffer<X> || is_module<X> || !holds_tensors<X>();
template <class X>
  requires(!std::is_class_v<X>)
inline constexpr bool is_saved<X> = !holds_tensors<X>();

/// The first of the members that is not saved, else void.
template <class... X>
struct first_unsaved {
  using type = void;
};
template <class X, class... Rest>
struct first_unsaved<X, Rest...> : std::conditional_t<is_saved<X>, first_unsaved<Rest...>, std::type_identity<X>> {};

template <class M, class X>
auto report_unsaved() {
  if constexpr (std::is_void_v<X>)
    return;
  else if constexpr (is_plain_tensor<X>)
    TENON_REJECT("a plain tensor among the members of a module is not saved: make it an nn::Buffer<Tensor<...>>, or an "
                 "nn::Parameter<Tensor<...>> to train it; module and member", M, X);
  else if constexpr (is_variable<X>)
    TENON_REJECT("a Variable among the members of a module is neither trained nor saved: make it an "
                 "nn::Parameter<Tensor<...>>, or an nn::Buffer<Tensor<...>>; module and member", M, X);
  else
    TENON_REJECT("modules and tensors inside another member (a container, a pointer, a struct that is no nn::Module) "
                 "are neither trained nor saved: make each a member of its own, or use nn::Sequential or nn::Shared; "
                 "module and member", M, X);
}
template <class M, class... X>
void check_each(std::type_identity<std::tuple<X*...>>) {
  report_unsaved<M, typename first_unsaved<X...>::type>();
}

/// One compile error if a module of a user names a member that would not be trained or saved.
template <class M>
void check_members() {
  if constexpr (boost::hana::Struct<M>::value && !requires { typename M::built_in; })
    check_each<M>(std::type_identity<named_members_t<M>>{});
}

}  // namespace tenon::inline TENON_ISA::nn::detail
