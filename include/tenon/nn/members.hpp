/// \file
/// Walking the reflected members of modules: the folds behind `parameters`, `state_dict`, `zero_grad` and `to`.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "../autograd/variable.hpp"
#include "../core/allocator.hpp"
#include "../core/hana.hpp"
#include "../core/text.hpp"
#include "define_struct.hpp"
#include "reflection.hpp"

namespace tenon::inline TENON_ISA::nn {

template <class Derived>
class Module;

namespace detail {
template <class M>
std::true_type derives_from_module(const Module<M>*);
std::false_type derives_from_module(const void*);

template <class M, class F, class... Members>
constexpr void for_each_reflected(M& module, F& f, Reflection<Members...>) {
  (f(Members::name, Members::of(module)), ...);
}
}  // namespace detail

/// Whether `M` is a module: a layer, a container or a user's.
template <class M>
inline constexpr bool is_module = decltype(detail::derives_from_module(static_cast<M*>(nullptr)))::value;

/// Calls `f(name, member)` for each reflected member of `module`, in declaration order. Containers, whose members are
/// numbered, bring a `for_each_member` of their own.
template <class M, class F>
constexpr void for_each_member(M& module, F&& f) {
  if constexpr (requires { module.for_each_own_member(f); })
    module.for_each_own_member(f);
  else if constexpr (boost::hana::Struct<std::remove_const_t<M>>::value)
    detail::for_each_reflected(module, f, detail::reflection_t<std::remove_const_t<M>>{});
}

/// Calls `f(member)` for every parameter and buffer of `module` and of the modules in it.
template <class M, class F>
void for_each_tensor(M& module, F&& f) {
  for_each_member(module, [&](const char*, auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (is_parameter<Member> || is_buffer<Member>)
      f(member);
    else if constexpr (is_module<Member>)
      for_each_tensor(member, f);
  });
}

enum class MemberKind { parameter, buffer, module, other };
template <class Member>
inline constexpr MemberKind member_kind = is_parameter<Member> ? MemberKind::parameter
                                          : is_buffer<Member>  ? MemberKind::buffer
                                          : is_module<Member>  ? MemberKind::module
                                                               : MemberKind::other;

namespace detail {
/// `prefix` and `name` as one name, put together in code of this namespace.
inline std::string joined(const Text& prefix, const char* name) {
  const Text whole = prefix + name;
  return {whole.data(), whole.size()};
}
}  // namespace detail

/// Calls `f(name, member)` for every parameter and buffer, named and ordered as in PyTorch's `state_dict`: a module's
/// own parameters, its own buffers, then its children.
template <class M, class F>
void for_each_named_tensor(M& module, F&& f, const Text& prefix = {}) {
  for (const MemberKind kind : {MemberKind::parameter, MemberKind::buffer, MemberKind::module})
    for_each_member(module, [&](const char* name, auto& member) {
      constexpr MemberKind kind_of_member = member_kind<std::remove_cvref_t<decltype(member)>>;
      if (kind != kind_of_member) return;
      if constexpr (kind_of_member == MemberKind::module)
        for_each_named_tensor(member, f, prefix + name + '.');
      else if constexpr (kind_of_member != MemberKind::other)
        f(detail::joined(prefix, name), member);
    });
}

namespace detail {
/// The objects that a walk has met, so that it visits one that a model has in several places once.
class Met {
 public:
  /// Whether `object` is met for the first time.
  bool is_first(const void* object) {
    if (std::find(objects_.begin(), objects_.end(), object) != objects_.end()) return false;
    objects_.push_back(object);
    return true;
  }

 private:
  List<const void*> objects_;
};

/// The module behind a member: of a Shared layer its instance.
template <class M>
auto& instance_of(M& module) {
  if constexpr (requires { module.instance(); })
    return instance_of(*module);
  else
    return module;
}

template <class M, class F>
void visit_modules(M& module, F& f, Met& met, const Text& name) {
  if (!met.is_first(&module)) return;
  f(std::string(name.data(), name.size()), module);
  for_each_member(module, [&](const char* key, auto& member) {
    if constexpr (is_module<std::remove_cvref_t<decltype(member)>>)
      visit_modules(instance_of(member), f, met, name.empty() ? Text(key) : name + '.' + key);
  });
}
}  // namespace detail

/// Calls `f(name, parameter)` for every parameter of `module`, once for each, as PyTorch's `named_parameters()`: one
/// that `nn::Shared` has in several places comes under the first of its names. The name is a std::string.
///
///     nn::Linear<4, 2> model;
///     nn::for_each_parameter(model, [](const std::string& name, auto& parameter) {
///       if (name == "bias") parameter.data().fill(0);
///     });
template <class M, class F>
void for_each_parameter(M& module, F&& f) {
  detail::Met met;
  for_each_named_tensor(module, [&](const std::string& name, auto& member) {
    if constexpr (is_parameter<std::remove_cvref_t<decltype(member)>>)
      if (met.is_first(member.state())) f(name, member);
  });
}

/// Calls `f(name, module)` for `module`, whose name is empty, and every module below it, once for each, as PyTorch's
/// `named_modules()`: of `nn::Shared` it gets the layer, under the first of its names. The name is a std::string.
///
///     nn::Sequential<nn::Linear<4, 2>, nn::ReLU> model;
///     nn::for_each_module(model, [](const std::string&, auto& module) {
///       if constexpr (requires { module.weight; }) module.weight.data().fill(0.5F);
///     });
template <class M, class F>
void for_each_module(M& module, F&& f) {
  detail::Met met;
  detail::visit_modules(detail::instance_of(module), f, met, {});
}

namespace detail {

/// What a walk collects: a member with its dotted name.
template <class T>
using NamedReference = std::pair<std::string, std::reference_wrapper<T>>;

enum class Collect { parameters, modules };

template <Collect What, bool Deep, class M>
auto collect(M& module, const Text& prefix);

template <Collect What, bool Deep, class Member>
auto collect_member(const Text& prefix, const std::string& name, Member& member) {
  namespace hana = boost::hana;
  using Plain = std::remove_cvref_t<Member>;
  if constexpr (is_parameter<Plain> && What == Collect::parameters) {
    return hana::make_tuple(NamedReference<Member>(joined(prefix, name.c_str()), member));
  } else if constexpr (is_module<Plain>) {
    const Text below = prefix + name.c_str() + '.';
    if constexpr (What == Collect::parameters) {
      return collect<What, Deep>(member, below);
    } else {
      auto self = hana::make_tuple(NamedReference<Member>(joined(prefix, name.c_str()), member));
      if constexpr (Deep)
        return hana::concat(std::move(self), collect<What, Deep>(member, below));
      else
        return self;
    }
  } else {
    return hana::make_tuple();
  }
}

template <class M, class... Members>
auto references(M& module, Reflection<Members...>) {
  return boost::hana::make_tuple(std::pair(std::string(Members::name), std::ref(Members::of(module)))...);
}
template <class M>
auto members_of(M& module) {  // (name, reference) pairs
  if constexpr (requires { module.own_members(); })
    return module.own_members();
  else if constexpr (boost::hana::Struct<std::remove_const_t<M>>::value)
    return references(module, reflection_t<std::remove_const_t<M>>{});
  else
    return boost::hana::make_tuple();
}

template <Collect What, bool Deep, class M>
auto collect(M& module, const Text& prefix) {
  const auto collect_from = [&](auto&& members, auto&& found) {
    return boost::hana::fold_left(members, std::forward<decltype(found)>(found), [&](auto&& before, const auto& named) {
      return boost::hana::concat(std::forward<decltype(before)>(before),
                                 collect_member<What, Deep>(prefix, named.first, named.second.get()));
    });
  };
  const auto members = members_of(module);
  if constexpr (What == Collect::parameters) {  // a module's own first, as PyTorch has it
    const auto is_own = [](const auto& named) {
      return boost::hana::bool_c<!is_module<std::remove_cvref_t<decltype(named.second.get())>>>;
    };
    const auto parts = boost::hana::partition(members, is_own);
    return collect_from(boost::hana::second(parts), collect_from(boost::hana::first(parts), boost::hana::make_tuple()));
  } else {
    return collect_from(members, boost::hana::make_tuple());
  }
}

/// A reference to a parameter that knows what the parameter is called.
template <class P>
struct ParameterReference : std::reference_wrapper<P> {
  ParameterReference(std::string dotted_name, P& parameter)
      : std::reference_wrapper<P>(parameter), name(std::move(dotted_name)) {}
  std::string name;
};
template <class Named>
auto as_parameter_references(Named&& named) {
  return boost::hana::transform(std::forward<Named>(named), []<class P>(const NamedReference<P>& pair) {
    return ParameterReference<P>(pair.first, pair.second.get());
  });
}

/// The references of a walk without their names.
template <class Named>
auto without_names(Named&& named) {
  return boost::hana::transform(std::forward<Named>(named), [](const auto& pair) { return pair.second; });
}

}  // namespace detail
}  // namespace tenon::inline TENON_ISA::nn
