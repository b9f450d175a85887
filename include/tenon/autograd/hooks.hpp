/// \file
/// The hooks of a module: functions of its user that see the tensors, or the gradients, of each call.
#pragma once

#include <algorithm>
#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
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

/// The hooks of one module, in lists. Its handles and the records of its calls refer to them, too: they may outlive the
/// module, after which there are no hooks.
class HookList : public Hooks, public boost::intrusive_ref_counter<HookList> {
 public:
  HookList() = default;
  HookList(const HookList&) = delete;
  HookList& operator=(const HookList&) = delete;
  virtual ~HookList() = default;

  /// A hook of a module whose type it knows: forward, of inputs and results; backward, of their gradients.
  using Function = std::function<Replacements(void* module, AnyTensors inputs, AnyTensors results)>;
  using FunctionPointer = std::shared_ptr<const Function>;
  enum class Kind { forward, backward };

  const FunctionPointer& add(Kind kind, Function function) {
    return of(kind).emplace_back(std::make_shared<const Function>(std::move(function)));
  }
  void remove(const FunctionPointer& function) noexcept {
    for (List& list : lists_) std::erase(list, function);
  }
  bool empty() const noexcept final { return lists_[0].empty() && lists_[1].empty(); }
  bool has(Kind kind) const noexcept { return !of(kind).empty(); }

  /// Calls `use(hook)` for the hooks there are now, in the order of their registration, except those that are removed
  /// meanwhile. One that removes itself, or its module, lives until it returns.
  template <class Use>
  void for_each(Kind kind, Use&& use) {
    const boost::intrusive_ptr<HookList> kept(this);
    const List now = of(kind);
    for (const FunctionPointer& function : now)
      if (std::find(of(kind).begin(), of(kind).end(), function) != of(kind).end())
        use([&](AnyTensors inputs, AnyTensors results) { return (*function)(module_, inputs, results); });
  }

  void belong_to(void* module) noexcept final { module_ = module; }
  void end() noexcept final {
    module_ = nullptr;
    for (List& list : lists_) list.clear();
    intrusive_ptr_release(this);
  }

 private:
  using List = std::vector<FunctionPointer>;
  List& of(Kind kind) noexcept { return lists_[static_cast<std::size_t>(kind)]; }
  const List& of(Kind kind) const noexcept { return lists_[static_cast<std::size_t>(kind)]; }

  void* module_ = nullptr;
  std::array<List, 2> lists_;
};
using HookListPointer = boost::intrusive_ptr<HookList>;

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
HookList::Function forward_hook(F hook) {
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
HookList::Function backward_hook(F hook) {
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
  RemovableHandle(autograd::HookListPointer hooks, const autograd::HookList::FunctionPointer& function)
      : hooks_(std::move(hooks)), function_(function) {}
  /// Removes the hook, which is not called again, also not in a call or a backward pass that has begun. Does nothing if
  /// it was removed before.
  void remove() noexcept {
    if (const auto function = function_.lock()) hooks_->remove(function);
  }

 private:
  autograd::HookListPointer hooks_;
  std::weak_ptr<const autograd::HookList::Function> function_;
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
