/// \file
/// The record of one call: its inputs, its results, and the way of gradients from the results to the inputs.
#pragma once

#include <algorithm>
#include <array>

#include "results.hpp"

namespace tenon::inline TENON_ISA::autograd {

/// Returns the state of an argument, held for a node; null if the argument is left out.
template <class X>
AnyState* held_state(const X& x, bool with_value) {
  if constexpr (is_variable<X> || is_parameter<X>) {
    x.state()->hold(with_value);
    return x.state();
  } else if constexpr (std::is_same_v<X, Absent>) {
    return nullptr;
  } else {
    return held_state(nn::Variable<X>(with_value ? X(x) : X::unallocated(x)), with_value);
  }
}

/// Throws tenon::Error: `state`, an input of `operation`, was changed since the forward pass.
[[noreturn]] inline void raise_changed(std::string_view operation, std::string_view role, const AnyState& state) {
  Text text("backward: the ");
  text.append(role).append(" of ").append(operation);
  if (!state.name().empty()) text.append(", \"").append(state.name()).append("\",");
  text += " of shape (";
  for (bool first = true; const index_t extent : state.extents())
    text.append(std::exchange(first, false) ? "" : ", ").append(to_text(extent));
  raise(text +
        ") was changed after the forward pass, by an optimiser's step, by load_state_dict or by an assignment, and the "
        "gradient needs the value it had: run forward again, or change it after backward");
}

/// The part of the record of a call that does not depend on types.
template <std::size_t Inputs, std::size_t Outputs>
class CallNode : public Node {
 protected:
  CallNode(std::uint32_t wanted, std::uint32_t needed) : needed_(needed), wanted_(wanted) {}
  ~CallNode() override { let_inputs_go(); }

  void follow_inputs() {
    for (std::size_t i = 0; i < Inputs; ++i)
      if (const AnyState* const input = inputs_[i]) {
        versions_[i] = input->version();
        if (input->producer()) follow(*input->producer());
      }
  }
  bool reached() const {
    return std::any_of(outputs_.begin(), outputs_.end(), [](const OutputSlot& slot) { return has_grad(slot); });
  }
  static bool has_grad(const OutputSlot& slot) { return slot.state && slot.state->has_grad(); }
  void queue_producers(BackwardQueue& queue) {
    for (AnyState* const input : inputs_)
      if (input) input->queue_producer(queue);
  }
  /// Forgets the gradients that are no longer wanted. Throws tenon::Error if a value that the others are computed from
  /// was changed since this call.
  void check_values(std::string_view operation, const Needs& needs, BackwardQueue& queue) {
    for (std::size_t i = 0; i < Inputs; ++i)
      if (inputs_[i] && !inputs_[i]->wants_grad()) {
        wanted_ &= ~(std::uint32_t{1} << i);
        if (inputs_[i]->recorded()) queue.meet_released_record();
      }
    const std::uint32_t needed = needs.of(wanted_);
    for (std::size_t i = 0; i < Inputs; ++i)
      if ((needed >> i & 1) && inputs_[i] && inputs_[i]->version() != versions_[i])
        raise_changed(operation, needs.role(i), *inputs_[i]);
  }
  void let_go() final {
    for (OutputSlot& slot : outputs_)
      if (AnyState* const state = std::exchange(slot.state, nullptr)) {
        state->forget_producer();
        if (slot.held) state->let_go(false);
      }
    let_inputs_go();
  }

  // Inputs, as bits: those whose values the backward pass reads, and those whose gradients are wanted.
  const std::uint32_t needed_;
  std::uint32_t wanted_;
  std::array<std::uint32_t, Inputs> versions_{};
  std::array<AnyState*, Inputs> inputs_{};
  std::array<OutputSlot, Outputs> outputs_;

 private:
  void let_inputs_go() {
    for (std::size_t i = 0; i < Inputs; ++i)
      if (AnyState* const input = std::exchange(inputs_[i], nullptr)) input->let_go(needed_ >> i & 1);
  }
};

/// The record of one call.
template <class Operation, class Result, class... X>
class OperationNode final : public CallNode<sizeof...(X), result_traits<Result>::count> {
  using first = std::tuple_element_t<0, std::tuple<X...>>;
  using kernel = typename first::place::template kernel<Operation>;
  using results = result_traits<Result>;

 public:
  template <class... Arguments>
  OperationNode(const Operation& operation, std::uint32_t wanted, const Arguments&... x)
      : OperationNode::CallNode(wanted, needs_of<Operation>.of(wanted)), operation_(operation) {
    std::size_t i = 0;
    ((this->inputs_[i] = held_state(x, this->needed_ >> i & 1), ++i), ...);
    this->follow_inputs();
  }

  typename saved_by<kernel>::type saved;

  /// Makes the Variables of the result and ties them to this node.
  auto attach(Result result) {
    return results::transform(std::move(result), [this, slot = this->outputs_.data()]<class R>(R&& value) mutable {
      nn::Variable<R> variable(std::forward<R>(value));
      variable.state()->made_by(NodePointer(this), *slot++, needs_of<Operation>.results);
      return variable;
    });
  }

  void propagate(BackwardQueue& queue) override {
    if (this->reached()) {
      this->check_values(Operation::name, needs_of<Operation>, queue);
      backward(std::index_sequence_for<X...>{}, std::make_index_sequence<results::count>{});
      this->queue_producers(queue);
    }
    this->let_go();
  }

 private:
  template <std::size_t... I, std::size_t... Output>
  void backward(std::index_sequence<I...>, std::index_sequence<Output...>) {
    const typename first::place::scope beside(static_cast<State<first>&>(*this->inputs_[0]).value());
    // Made in order, so that if two inputs are one Variable, the second adds to the gradient that the first writes.
    const std::tuple<Input<X>...> gradients{input<X>(I)...};
    if constexpr ((results::count > 1))
      kernel::backward(operation_, saved,
                       std::tuple{value<std::tuple_element_t<Output, Result>>(this->outputs_[Output])...},
                       std::tuple{gradient<std::tuple_element_t<Output, Result>>(this->outputs_[Output])...},
                       std::get<I>(gradients)...);
    else
      kernel::backward(operation_, saved, *value<Result>(this->outputs_[0]), *gradient<Result>(this->outputs_[0]),
                       std::get<I>(gradients)...);
  }

  template <class T>
  Input<T> input([[maybe_unused]] std::size_t i) {
    if constexpr (std::is_same_v<T, Absent>) {
      return {};
    } else {
      auto& state = static_cast<State<T>&>(*this->inputs_[i]);
      if (!(this->wanted_ >> i & 1)) return {state.value()};
      auto& target = static_cast<State<T>&>(state.current());
      const bool accumulate = target.accumulates();
      return {state.value(), target.grad_to_write().data(), accumulate};
    }
  }
  // These return null for an output that nobody kept, or whose gradient nobody wrote.
  template <class R>
  static const R* value(const OutputSlot& slot) {
    return slot.state ? &static_cast<State<R>*>(slot.state)->value() : nullptr;
  }
  template <class R>
  static const R* gradient(const OutputSlot& slot) {
    return OperationNode::has_grad(slot) ? &static_cast<State<R>*>(slot.state)->set_elements() : nullptr;
  }

  Operation operation_;
};

}  // namespace tenon::inline TENON_ISA::autograd
