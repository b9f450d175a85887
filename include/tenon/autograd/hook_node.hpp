/// \file
/// A call of a module that has hooks, as those see it: what they get, and the nodes where gradients pass them.
#pragma once

#include <algorithm>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "hooks.hpp"
#include "node.hpp"

namespace tenon::inline TENON_ISA::autograd {

// Templates for the sake of programs without hooks, as HookList is.

namespace detail {

template <class Nothing>
AnyTensor zeros(const HookedType& type) {
  return {type.elements.dtype, {type.extents.begin(), type.extents.end()}};
}
/// Returns the gradient of an input that has none.
template <class Nothing>
AnyTensor no_gradient(const HookedType& type) {
  return {type.elements.dtype, {0}};
}
/// Returns copies of those of `values` that hooks get.
template <class Nothing>
std::vector<AnyTensor> copies_of(std::span<const HookedValue> values) {
  std::vector<AnyTensor> copies;
  for (const HookedValue& value : values)
    if (value.type) {
      AnyTensor& copy = copies.emplace_back(zeros<Nothing>(*value.type));
      value.type->elements.to_host(const_cast<void*>(value.elements), copy.size(), copy.data());
    }
  return copies;
}
/// Returns the gradient of `state`.
template <class Nothing>
AnyTensor gradient_of(AnyState& state, const HookedType& type) {
  AnyTensor gradient = zeros<Nothing>(type);
  type.transfer_gradient(state, type.elements.to_host, gradient.data());
  return gradient;
}
/// Adds `gradient`, of floating elements, to that of `state`.
template <class Nothing>
void add_to_gradient(AnyState& state, const HookedType& type, AnyTensor gradient) {
  if (state.has_grad()) {
    const AnyTensor before = gradient_of<Nothing>(state, type);
    tenon::detail::with_floating(gradient.dtype(), [&]<class Element>(Element) {
      const auto* const addend = reinterpret_cast<const typename Element::type*>(before.data());
      auto* const sum = reinterpret_cast<typename Element::type*>(gradient.data());
      for (index_t i = 0; i < gradient.size(); ++i)
        sum[i] = Element::of(Element::value(addend[i]) + Element::value(sum[i]));
    });
  }
  type.transfer_gradient(state, type.elements.from_host, gradient.data());
  state.mark_had_grad();
}
/// Returns the values whose gradients are wanted, as bits.
template <class Nothing>
std::uint32_t wanted_of(std::span<const HookedValue> values, index_t limit) {
  const auto size = static_cast<index_t>(values.size());
  if (size > limit)
    raise(Text("register_backward_hook: wanted at most ") + to_text(limit) + " inputs and results each, found " +
          to_text(size));
  std::uint32_t wanted = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i].wants_grad()) wanted |= std::uint32_t{1} << i;
  return wanted;
}

}  // namespace detail

/// What the two nodes of a call share: the hooks, and the gradients that they get.
template <class Nothing>
struct HookedGradients : boost::intrusive_ref_counter<HookedGradients<Nothing>> {
  explicit HookedGradients(boost::intrusive_ptr<HookList<Nothing>> its_hooks) : hooks(std::move(its_hooks)) {}

  boost::intrusive_ptr<HookList<Nothing>> hooks;
  std::vector<AnyTensor> of_results;
  /// The gradients of the inputs where none of them is wanted: one without elements for each.
  std::optional<std::vector<AnyTensor>> of_unwanted_inputs;

  /// Calls the backward hooks, each of which may replace gradients of inputs. Throws tenon::Error for one of another
  /// shape or dtype.
  void call_hooks(std::vector<AnyTensor>& of_inputs) const {
    hooks->for_each(HookKind::backward, [&](const auto& hook) {
      Replacements replacements = hook(of_inputs, of_results);
      if (replacements.empty()) return;
      if (replacements.size() != of_inputs.size())
        raise(Text("register_backward_hook: wanted ") + to_text(static_cast<index_t>(of_inputs.size())) +
              " gradients, one for each input, found " + to_text(static_cast<index_t>(replacements.size())));
      for (std::size_t i = 0; i < of_inputs.size(); ++i)
        if (replacements[i] && !replacements[i]->holds(of_inputs[i].dtype(), of_inputs[i].extents()))
          raise(Text("register_backward_hook: the gradient of input ") + to_text(static_cast<index_t>(i)) +
                ": wanted " + (of_inputs[i].size() == 0 ? "none" : describe(of_inputs[i]).c_str()) + ", found " +
                describe(*replacements[i]).c_str());
      for (std::size_t i = 0; i < of_inputs.size(); ++i)
        if (replacements[i]) of_inputs[i] = *std::move(replacements[i]);
    });
  }
};
template <class Nothing>
using HookedGradientsPointer = boost::intrusive_ptr<HookedGradients<Nothing>>;

enum class HookedRole { inputs, results };

/// A node that passes the gradients of values on, and shows them to hooks on the way.
template <class Nothing>
class HookNode final : public CallNode<32, 32> {
 public:
  static constexpr index_t limit = 32;

  HookNode(HookedRole role, HookedGradientsPointer<Nothing> gradients, std::uint32_t wanted,
           std::span<const HookedValue> values)
      : CallNode(wanted, 0), role_(role), gradients_(std::move(gradients)) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      types_.push_back(values[i].type);
      if (wanted >> i & 1) {
        values[i].state->hold(false);
        inputs_[i] = values[i].state;
      }
    }
    follow_inputs();
  }
  /// Makes, in storage for a Variable, one of the same value as `value`, value `i` of this node, and behind it. Returns
  /// its state.
  AnyState* copy(const HookedValue& value, std::size_t i, void* variable) {
    AnyState* const state = value.type->copy(*value.state, variable);
    state->made_by(NodePointer(this), outputs_[i], false);
    return state;
  }

  void propagate(BackwardQueue& queue) override {
    if (reached()) {
      check_values("a hook", needs_nothing, queue);
      pass_on();
      queue_producers(queue);
    }
    let_go();
  }

 private:
  void pass_on() {
    std::vector<AnyTensor> gradients;
    for (std::size_t i = 0; i < types_.size(); ++i)
      if (types_[i]) gradients.push_back(gradient(i));
    if (role_ == HookedRole::inputs) {
      gradients_->call_hooks(gradients);
    } else {
      gradients_->of_results = gradients;
      if (gradients_->of_unwanted_inputs) gradients_->call_hooks(*gradients_->of_unwanted_inputs);
    }
    for (std::size_t i = 0, next = 0; i < types_.size(); ++i) {
      if (!types_[i]) continue;
      AnyTensor& passed = gradients[next++];
      if (outputs_[i].state && (wanted_ >> i & 1) && is_floating(passed.dtype()))
        detail::add_to_gradient<Nothing>(inputs_[i]->current(), *types_[i], std::move(passed));
    }
  }
  AnyTensor gradient(std::size_t i) const {
    if (AnyState* const state = outputs_[i].state) return detail::gradient_of<Nothing>(*state, *types_[i]);
    return wanted_ >> i & 1 ? detail::zeros<Nothing>(*types_[i]) : detail::no_gradient<Nothing>(*types_[i]);
  }

  HookedRole role_;
  HookedGradientsPointer<Nothing> gradients_;
  std::vector<const HookedType*> types_;
};

/// With backward hooks, a recorded call runs between two nodes: on Variables behind the one of the inputs, and with its
/// results before the one of the results.
template <class Nothing>
class CallWithHooks final : public CallRecord {
 public:
  CallWithHooks(boost::intrusive_ptr<HookList<Nothing>> hooks, std::span<HookedValue> arguments)
      : hooks_(std::move(hooks)), arguments_(arguments.begin(), arguments.end()) {
    bool is_recorded = false;
    for (const HookedValue& argument : arguments)
      if (argument.state) {
        if (argument.state->is_volatile()) return;
        is_recorded = true;
      }
    if (!is_recorded || !hooks_->has(HookKind::backward)) return;
    gradients_.reset(new HookedGradients<Nothing>(hooks_));
    if (const std::uint32_t wanted = detail::wanted_of<Nothing>(arguments, HookNode<Nothing>::limit)) {
      const auto node = node_of(HookedRole::inputs, wanted, arguments);
      storage_.resize(arguments.size());
      given_.reserve(arguments.size());
      for (std::size_t i = 0; i < arguments.size(); ++i)
        if (wanted >> i & 1) {
          void* const variable = static_cast<void*>(&storage_[i]);
          given_.emplace_back(node->copy(arguments[i], i, variable), false);
          arguments[i].object = variable;
        }
    } else {
      std::vector<AnyTensor>& unwanted = gradients_->of_unwanted_inputs.emplace();
      for (const HookedValue& argument : arguments)
        if (argument.type) unwanted.push_back(detail::no_gradient<Nothing>(*argument.type));
    }
  }

  void finish(std::span<const HookedValue> results, bool are_variables) override {
    if (hooks_->has(HookKind::forward)) {
      const std::vector<AnyTensor> of_inputs = detail::copies_of<Nothing>(arguments_),
                                   of_results = detail::copies_of<Nothing>(results);
      hooks_->for_each(HookKind::forward, [&](const auto& hook) { hook(of_inputs, of_results); });
    }
    if (!gradients_) return;
    if (!are_variables)
      raise(
          "register_backward_hook: wanted a Variable or a std::tuple of Variables as the result of the module, found "
          "something else");
    const std::uint32_t wanted = detail::wanted_of<Nothing>(results, HookNode<Nothing>::limit);
    const auto node = node_of(HookedRole::results, wanted, results);
    for (std::size_t i = 0; i < results.size(); ++i)
      if (wanted >> i & 1) {
        node->copy(results[i], i, const_cast<void*>(results[i].object));  // in place of the one of the module
        intrusive_ptr_release(results[i].state);
      }
  }
  void end() noexcept override { delete this; }

 private:
  boost::intrusive_ptr<HookNode<Nothing>> node_of(HookedRole role, std::uint32_t wanted,
                                                  std::span<const HookedValue> values) {
    return new HookNode<Nothing>(role, gradients_, wanted, values);
  }

  boost::intrusive_ptr<HookList<Nothing>> hooks_;
  const std::vector<HookedValue> arguments_;   // those of the caller
  std::vector<void*> storage_;                 // the Variables that the module gets in their stead
  std::vector<AnyStatePointer> given_;         // own these
  HookedGradientsPointer<Nothing> gradients_;  // null unless a backward hook is to see this call
};

/// The hooks of a module that has had one.
template <class Nothing>
class RegisteredHooks final : public HookList<Nothing> {
 public:
  CallRecord& begin(std::span<HookedValue> arguments) override {
    return *new CallWithHooks<Nothing>(boost::intrusive_ptr<HookList<Nothing>>(this), arguments);
  }
};

/// Returns the hooks of `module`, which has `own`.
template <class Nothing = void>
HookList<Nothing>& hooks_of(OwnHooks& own, void* module) {
  if (!own.get()) own.set(HooksPointer(new RegisteredHooks<Nothing>).detach());
  own.get()->belong_to(module);
  return static_cast<HookList<Nothing>&>(*own.get());
}

}  // namespace tenon::inline TENON_ISA::autograd
