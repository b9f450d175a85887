/// \file
/// `operator<<` for modules, in PyTorch's style.
#pragma once

#include <iosfwd>
#include <string>

#include "sequential.hpp"

namespace tenon::inline TENON_ISA {

namespace nn {

/// The name PyTorch knows a module by.
template <class M>
std::string module_name([[maybe_unused]] const M& module) {
  if constexpr (requires { typename M::extends; })
    return module_name(*module);
  else if constexpr (requires { M::operation::name; })
    return std::string(M::operation::name);
  else if constexpr (requires { M::name; })
    return std::string(M::name);
  else
    return std::string(tenon::detail::class_name<M>());
}

namespace detail {
template <class M>
Text repr_module(const M& module, const Text& indent) {
  if constexpr (requires { module.instance(); }) return repr_module(*module.instance(), indent);  // Shared
  Text extra, children;
  if constexpr (requires { M::extra_repr(); }) extra += std::string_view(M::extra_repr());
  for_each_member(module, [&](const char* name, const auto& member) {
    if constexpr (is_module<std::remove_cvref_t<decltype(member)>>)
      children += "\n" + indent + "  (" + name + "): " + detail::repr_module(member, indent + "  ");
  });
  if (!children.empty() && !extra.empty()) extra.insert(0, "\n" + indent + "  ");
  return module_name(module).c_str() + ("(" + extra + children) + (children.empty() ? ")" : "\n" + indent + ")");
}
}  // namespace detail

/// A module as PyTorch prints it.
template <class M>
std::string repr_module(const M& module) {
  return detail::repr_module(module, {}).c_str();
}

template <class Character, class Traits, class M>
  requires is_module<M>
std::basic_ostream<Character, Traits>& operator<<(std::basic_ostream<Character, Traits>& out, const M& module) {
  return out << detail::repr_module(module, {}).c_str();
}

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
