/// \file
/// The hooks of a module: functions of its user that see the tensors, or the gradients, of each call.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/shape_error.hpp"
#include "../core/text.hpp"
#include "hooked_call.hpp"

namespace tenon::inline TENON_ISA {

namespace autograd {

/// The tensors of a call, as hooks get them.
using AnyTensors = std::span<const AnyTensor>;
/// What a backward hook makes of the gradients of the inputs: nothing, or for each input a gradient or nothing.
using Replacements = std::vector<std::optional<AnyTensor>>;

/// A hook of a module whose type it knows: forward, of inputs and results; backward, of their gradients.
using Hook = std::function<Replacements(void* module, AnyTensors inputs, AnyTensors results)>;
using HookPointer = std::shared_ptr<const Hook>;
enum class HookKind { forward, backward };

/// The hooks of one module, in lists. It and what it uses are templates only so that they are not compiled for programs
/// without hooks.
template <class Nothing>
class HookList : public Hooks {
 public:
  HookPointer add(HookKind kind, Hook hook) {
    return of(kind).emplace_back(std::make_shared<const Hook>(std::move(hook)));
  }
  void remove(const std::weak_ptr<const void>& hook) noexcept final {
    const std::shared_ptr<const void> removed = hook.lock();
    if (!removed) return;
    for (List& list : lists_) std::erase(list, removed);
  }
  bool empty() const noexcept final { return lists_[0].empty() && lists_[1].empty(); }
  bool has(HookKind kind) const noexcept { return !of(kind).empty(); }

  /// Calls `use(hook)` for the hooks there are now, in the order of their registration, except those that are removed
  /// meanwhile. One that removes itself, or its module, lives until it returns.
  template <class Use>
  void for_each(HookKind kind, Use&& use) {
    const HooksPointer kept(this);
    const List now = of(kind);
    for (const HookPointer& hook : now)
      if (std::find(of(kind).begin(), of(kind).end(), hook) != of(kind).end())
        use([&](AnyTensors inputs, AnyTensors results) { return (*hook)(module_, inputs, results); });
  }

  void belong_to(void* module) noexcept final { module_ = module; }
  void end() noexcept final {
    module_ = nullptr;
    for (List& list : lists_) list.clear();
    intrusive_ptr_release(this);
  }

 private:
  using List = std::vector<HookPointer>;
  List& of(HookKind kind) noexcept { return lists_[static_cast<std::size_t>(kind)]; }
  const List& of(HookKind kind) const noexcept { return lists_[static_cast<std::size_t>(kind)]; }

  void* module_ = nullptr;
  std::array<List, 2> lists_;
};

namespace detail {

template <class F, class M, class... Tensors>
inline constexpr bool takes = std::invocable<F&, M&, const Tensors&...>;

/// Returns the one tensor of a call for a hook that takes one.
inline const AnyTensor& only(AnyTensors tensors, const char* hook, const char* role) {
  if (tensors.size() == 1) return tensors[0];
  raise(Text(hook) + ": wanted one " + role + ", found " + to_text(static_cast<index_t>(tensors.size())) +
        ": a hook of such a module takes std::span<const tenon::AnyTensor>");
}

/// Calls `hook` in the first of the ways in which it can be called.
template <class M, class F>
decltype(auto) call_hook(F& hook, M& module, AnyTensors inputs, AnyTensors results, const char* name) {
  if constexpr (takes<F, M, AnyTensor, AnyTensor>) {
    return hook(module, only(inputs, name, "input"), only(results, name, "result"));
  } else if constexpr (takes<F, M, AnyTensors, AnyTensors>) {
    return hook(module, inputs, results);
  } else if constexpr (takes<F, M, AnyTensor, AnyTensors>) {
    return hook(module, only(inputs, name, "input"), results);
  } else if constexpr (takes<F, M, AnyTensors, AnyTensor>) {
    return hook(module, inputs, only(results, name, "result"));
  } else {
    TENON_REJECT(
        "a hook takes the module and then, for inputs and results each, a const tenon::AnyTensor& or a "
        "std::span<const tenon::AnyTensor>; module and hook",
        M, F);
    return Rejected{};
  }
}

template <class M, class F>
Hook forward_hook(F hook) {
  return [function = std::move(hook)](void* module, AnyTensors inputs, AnyTensors results) mutable -> Replacements {
    using R = decltype(call_hook(function, *static_cast<M*>(module), inputs, results, ""));
    if constexpr (std::is_void_v<R>)
      call_hook(function, *static_cast<M*>(module), inputs, results, "register_forward_hook");
    else if constexpr (!std::is_same_v<R, Rejected>)
      TENON_REJECT("a forward hook returns nothing: it cannot replace the result; module and hook", M, F);
    return {};
  };
}
template <class M, class F>
Hook backward_hook(F hook) {
  return [function = std::move(hook)](void* module, AnyTensors inputs, AnyTensors results) mutable -> Replacements {
    constexpr const char* name = "register_backward_hook";
    using R = decltype(call_hook(function, *static_cast<M*>(module), inputs, results, name));
    if constexpr (std::is_void_v<R>) {
      call_hook(function, *static_cast<M*>(module), inputs, results, name);
      return {};
    } else if constexpr (std::is_convertible_v<R, std::optional<AnyTensor>>) {
      std::optional<AnyTensor> replacement = call_hook(function, *static_cast<M*>(module), inputs, results, name);
      if (!replacement) return {};
      only(inputs, name, "input");
      return {std::move(replacement)};
    } else if constexpr (std::is_convertible_v<R, Replacements>) {
      return call_hook(function, *static_cast<M*>(module), inputs, results, name);
    } else {
      if constexpr (!std::is_same_v<R, Rejected>)
        TENON_REJECT(
            "a backward hook returns nothing, a std::optional<tenon::AnyTensor>, or for several inputs a "
            "std::vector<std::optional<tenon::AnyTensor>>; module and hook",
            M, F);
      return {};
    }
  };
}

}  // namespace detail
}  // namespace autograd

namespace nn {

/// What `register_forward_hook` and `register_backward_hook` return. Copies remove the same hook. A handle may outlive
/// its module, and keeps nothing alive; without `remove`, the hook stays as long as the module.
///
///     nn::Linear<4, 2> layer;
///     auto handle = layer.register_forward_hook([](auto&, const tenon::AnyTensor&, const tenon::AnyTensor&) {});
///     handle.remove();
class RemovableHandle {
 public:
  RemovableHandle(autograd::HooksPointer hooks, std::weak_ptr<const void> hook)
      : hooks_(std::move(hooks)), hook_(std::move(hook)) {}
  /// Removes the hook, which is not called again, also not in a call or a backward pass that has begun. Does nothing if
  /// it was removed before.
  void remove() noexcept { hooks_->remove(hook_); }

 private:
  autograd::HooksPointer hooks_;
  std::weak_ptr<const void> hook_;
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
