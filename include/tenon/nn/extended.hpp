/// \file
/// `Extended`: a module with more members, as `register_buffer`, `register_parameter` and `add_module` return it.
#pragma once

#include "lists.hpp"
#include "wrapper.hpp"

namespace tenon::inline TENON_ISA::nn {

namespace detail {

/// The members that a module is extended by.
template <class... Members>
class AddedMembers : public LayerList<detail::AddedMembers<Members...>, Members...> {
 public:
  AddedMembers() = default;
  explicit AddedMembers(layer_of_t<Members>... members) : AddedMembers::LayerList(std::move(members)...) {}
};
template <>
class AddedMembers<> : public LayerList<detail::AddedMembers<>> {};

/// Whether a module of type `M` has a member called `name`.
template <class M>
constexpr bool has_member(std::string_view name) {
  if constexpr (requires { M::added_keys; }) {
    const auto& added = M::added_keys;
    return std::find(added.begin(), added.end(), name) != added.end() || has_member<typename M::extends>(name);
  } else if constexpr (BuiltIn<M> && requires { M::keys; }) {
    return std::find(M::keys.begin(), M::keys.end(), name) != M::keys.end();
  } else if constexpr (boost::hana::Struct<M>::value) {
    return
        [&]<class... Members>(Reflection<Members...>) { return ((name == Members::name) || ...); }(reflection_t<M>{});
  } else {
    return false;
  }
}

}  // namespace detail

/// A module of type `M` with further members, each `Named<"name", ...>` a Parameter, a Buffer or a module: what
/// `m.register_buffer`, `m.register_parameter` and `m.add_module` return. It computes what M computes.
///
/// The members of both are in `state_dict`, `for_each_parameter`, `to<T>()`, `train()` and so on, the further ones
/// after M's. `*extended` is the module, `extended->weight` a member of it, `extended["name"_n]` a further one. Copies
/// of an Extended are modules of their own.
///
///     auto layer = nn::Linear<4, 2>{}.register_buffer("scale"_n, Tensor<float, 2>{});
///     layer["scale"_n].data().fill(3);
///     Tensor<float, 5, 2> y = layer(Tensor<float, 5, 4>{});
///     assert(layer.state_dict().contains("weight") && layer.state_dict().contains("scale"));
template <class M, class... Members>
class Extended : public Wrapper<Extended<M, Members...>, M> {
 public:
  using extends = M;
  static constexpr auto added_keys = detail::AddedMembers<Members...>::keys;
  template <class Conversion>
  using rebind = Extended<rebound_or_same_t<M, Conversion>, rebound_or_same_t<Members, Conversion>...>;

  Extended() = default;
  explicit Extended(M module, layer_of_t<Members>... members)
      : module_(std::move(module)), added_(std::move(members)...) {}

  M& wrapped() noexcept { return module_; }
  const M& wrapped() const noexcept { return module_; }

  /// `extended["name"_n]`, `extended[0_c]`: a further member, or else a layer of the module.
  template <class Key>
  auto& operator[](Key key) {
    return at(*this, key);
  }
  template <class Key>
  const auto& operator[](Key key) const {
    return at(*this, key);
  }

  Extended& train(bool mode = true) {
    module_.train(mode);
    added_.train(mode);
    return *this;
  }
  bool has_hooks() const noexcept { return Module<Extended>::has_hooks() || module_.has_hooks(); }

  template <class F>
  constexpr void for_each_own_member(F&& f) {
    for_each_member(module_, f);
    for_each_member(added_, f);
  }
  template <class F>
  constexpr void for_each_own_member(F&& f) const {
    for_each_member(module_, f);
    for_each_member(added_, f);
  }
  auto own_members() { return boost::hana::concat(detail::members_of(module_), added_.own_members()); }

  // What a module carries beside its members, and what is printed of it.
  auto& carried() noexcept
    requires requires(M& module) { module.carried(); }
  {
    return module_.carried();
  }
  const auto& carried() const noexcept
    requires requires(const M& module) { module.carried(); }
  {
    return module_.carried();
  }
  static Text extra_repr()
    requires requires { M::extra_repr(); }
  {
    return M::extra_repr();
  }

  /// This module with one more member.
  template <class Member>
  Extended<M, Members..., Member> with(layer_of_t<Member> member) && {
    return boost::hana::unpack(std::move(added_.layers()), [&](auto&&... before) {
      return Extended<M, Members..., Member>(std::move(module_), std::move(before)..., std::move(member));
    });
  }

 private:
  template <class Self, class Key>
  static auto& at(Self& self, Key key) {
    if constexpr (requires { Key::value.view(); }) {
      if constexpr (std::find(added_keys.begin(), added_keys.end(), Key::value.view()) != added_keys.end())
        return self.added_[key];
      else
        return self.module_[key];
    } else {
      return self.module_[key];
    }
  }

  M module_;
  detail::AddedMembers<Members...> added_;
};

namespace detail {

template <class M>
inline constexpr bool is_extended = false;
template <class M, class... Members>
inline constexpr bool is_extended<Extended<M, Members...>> = true;

/// `module` with `member` under a name.
template <class M, class Name, class Member>
auto extend(M module, Name, Member member) {
  constexpr std::string_view name = Name::value.view();
  using Added = Named<Name::value, Member>;
  if constexpr (name.empty() || name.find('.') != std::string_view::npos) {
    TENON_REJECT("the name of a member is not empty and has no dot; module and name", M, Name);
    return Rejected{};
  } else if constexpr (has_member<M>(name)) {
    TENON_REJECT("the module has a member of this name; module and name", M, Name);
    return Rejected{};
  } else if constexpr (requires { module.instance(); }) {
    TENON_REJECT("an nn::Shared is not extended, as it has other places: extend the layer, and share that", M, Name);
    return Rejected{};
  } else if constexpr (is_extended<M>) {
    return std::move(module).template with<Added>(std::move(member));
  } else {
    return Extended<M, Added>(std::move(module), std::move(member));
  }
}

}  // namespace detail
}  // namespace tenon::inline TENON_ISA::nn
