/// \file
/// A call of a module that has hooks: what the hooks get, and the nodes where gradients pass them.
#pragma once

#include "hooks.hpp"
#include "node.hpp"

namespace tenon::inline TENON_ISA::autograd {

/// What hooks need of a type of tensors.
struct HookedType {
  DType dtype;
  std::span<const index_t> extents;
  void (*to_host)(const void* elements, index_t count, void* copy);
  /// These are functions of a State of the type: the elements of its gradient; adds to the gradient; makes a State of
  /// the same value.
  const void* (*gradient)(AnyState& state);
  void (*add_to_gradient)(AnyState& state, const AnyTensor& gradient);
  AnyState* (*copy)(AnyState& state);

  AnyTensor any_tensor(const void* elements) const {
    AnyTensor copied = zeros();
    to_host(elements, copied.size(), copied.data());
    return copied;
  }
  AnyTensor zeros() const { return {dtype, {extents.begin(), extents.end()}}; }
  /// Returns the gradient of an input that has none.
  AnyTensor nothing() const { return {dtype, {0}}; }
};

template <class TensorType>
struct HookedFunctions {
  using T = typename TensorType::value_type;
  using place = typename TensorType::place;

  static void to_host(const void* elements, index_t count, void* copy) {
    place::to_host(static_cast<const T*>(elements), count, static_cast<T*>(copy));
  }
  TENON_COLD static const void* gradient(AnyState& any) {
    return static_cast<State<TensorType>&>(any).set_elements().data();
  }
  TENON_COLD static void add_to_gradient(AnyState& any, [[maybe_unused]] const AnyTensor& gradient) {
    if constexpr (std::is_floating_point_v<T>) {
      auto& state = static_cast<State<TensorType>&>(any);
      const typename place::scope beside(state.value());
      typename place::template array<T> elements(static_cast<std::size_t>(gradient.size()));
      place::from_host(reinterpret_cast<const T*>(gradient.data()), gradient.size(), elements.data());
      const bool accumulate = state.accumulates();
      place::map_gradient(gradient.size(), accumulate, pointwise::Identity{}, state.grad_to_write().data(),
                          std::as_const(elements).data());
    }
  }
  TENON_COLD static AnyState* copy(AnyState& any) {
    const TensorType& value = static_cast<State<TensorType>&>(any).value();
    const typename place::scope beside(value);
    return new State<TensorType>(TensorType(value), false);
  }
};
template <class TensorType>
inline constexpr HookedType hooked_type{
    dtype_of<typename TensorType::value_type>,     shape_of_t<TensorType>::dims,
    &HookedFunctions<TensorType>::to_host,         &HookedFunctions<TensorType>::gradient,
    &HookedFunctions<TensorType>::add_to_gradient, &HookedFunctions<TensorType>::copy};

/// An argument or a result of a call with hooks.
struct HookedValue {
  const HookedType* type = nullptr;  // null if it is no tensor, and hooks do not get it
  const void* elements = nullptr;
  AnyStatePointer state;  // null if it is no Variable

  bool wants_grad() const noexcept { return state && state->wants_grad(); }
};
template <class X>
HookedValue hooked_value(const X& x) {
  HookedValue value;
  using TensorType = argument_t<X>;
  if constexpr (requires {
                  DTypeOf<typename TensorType::value_type>::value;
                  typename TensorType::static_shape;
                }) {
    value = {&hooked_type<TensorType>, value_of(x).data(), nullptr};
    if constexpr (is_variable<X>) value.state = x.state();
  }
  return value;
}
/// Returns `x`, or if that is a Variable the one of the state of `value`.
template <class X>
decltype(auto) hooked(const X& x, [[maybe_unused]] const HookedValue& value) {
  if constexpr (is_variable<X>)
    return X(boost::static_pointer_cast<State<typename X::tensor_type>>(value.state));
  else
    return (x);
}

/// What the two nodes of a call share: the hooks, and the gradients that they get.
struct HookedGradients : boost::intrusive_ref_counter<HookedGradients> {
  HooksPointer hooks;
  std::vector<AnyTensor> of_results;
  /// The gradients of the inputs where none of them is wanted: one without elements for each.
  std::optional<std::vector<AnyTensor>> of_unwanted_inputs;

  /// Calls the backward hooks, each of which may replace gradients of inputs. Throws tenon::Error for one of another
  /// shape or dtype.
  void call_hooks(std::vector<AnyTensor>& of_inputs) const {
    hooks->for_each(Hooks::Kind::backward, [&](const auto& hook) {
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
using HookedGradientsPointer = boost::intrusive_ptr<HookedGradients>;

enum class HookedRole { inputs, results };

/// A node that passes the gradients of `Count` values on, and shows them to hooks on the way.
template <HookedRole Role, std::size_t Count>
class HookNode final : public CallNode<Count, Count> {
 public:
  using Values = std::array<HookedValue, Count>;

  /// Puts the node behind the values whose gradients are wanted: their states become those of Variables of the same
  /// values, which it makes.
  TENON_COLD HookNode(HookedGradientsPointer gradients, std::uint32_t wanted, Values& values)
      : HookNode::CallNode(wanted, 0), gradients_(std::move(gradients)) {
    for (std::size_t i = 0; i < Count; ++i) {
      types_[i] = values[i].type;
      if (wanted >> i & 1) {
        values[i].state->hold(false);
        this->inputs_[i] = values[i].state.get();
      }
    }
    this->follow_inputs();
    for (std::size_t i = 0; i < Count; ++i)
      if (wanted >> i & 1) {
        values[i].state.reset(types_[i]->copy(*values[i].state));
        values[i].state->made_by(NodePointer(this), this->outputs_[i], false);
      }
  }

  TENON_COLD void propagate(BackwardQueue& queue) override {
    if (this->reached()) {
      this->check_values("a hook", needs_nothing, queue);
      pass_on();
      this->queue_producers(queue);
    }
    this->let_go();
  }

 private:
  void pass_on() {
    std::vector<AnyTensor> gradients;
    for (std::size_t i = 0; i < Count; ++i)
      if (types_[i]) gradients.push_back(gradient(i));
    if constexpr (Role == HookedRole::inputs) {
      gradients_->call_hooks(gradients);
    } else {
      gradients_->of_results = gradients;
      if (gradients_->of_unwanted_inputs) gradients_->call_hooks(*gradients_->of_unwanted_inputs);
    }
    for (std::size_t i = 0, next = 0; i < Count; ++i) {
      if (!types_[i]) continue;
      const AnyTensor& passed = gradients[next++];
      if (this->outputs_[i].state && (this->wanted_ >> i & 1))
        types_[i]->add_to_gradient(this->inputs_[i]->current(), passed);
    }
  }
  AnyTensor gradient(std::size_t i) const {
    if (AnyState* const state = this->outputs_[i].state) return types_[i]->any_tensor(types_[i]->gradient(*state));
    return this->wanted_ >> i & 1 ? types_[i]->zeros() : types_[i]->nothing();
  }

  HookedGradientsPointer gradients_;
  std::array<const HookedType*, Count> types_{};
};

/// A call of a module with hooks. With backward hooks, a recorded call runs between two nodes: on Variables behind the
/// one of the inputs, and with its results before the one of the results.
template <std::size_t Inputs>
class HookedCall {
  using Arguments = std::array<HookedValue, Inputs>;

 public:
  TENON_COLD HookedCall(HooksPointer hooks, const Arguments& arguments)
      : hooks_(std::move(hooks)), arguments_(arguments), given_(arguments) {
    bool is_recorded = false;
    for (const HookedValue& argument : arguments)
      if (argument.state) {
        if (argument.state->is_volatile()) return;
        is_recorded = true;
      }
    if (!is_recorded || !hooks_->has(Hooks::Kind::backward)) return;
    gradients_.reset(new HookedGradients);
    gradients_->hooks = hooks_;
    if (const std::uint32_t wanted = wanted_of(arguments)) {
      input_node_.reset(new HookNode<HookedRole::inputs, Inputs>(gradients_, wanted, given_));
    } else {
      std::vector<AnyTensor>& unwanted = gradients_->of_unwanted_inputs.emplace();
      for (const HookedValue& argument : arguments)
        if (argument.type) unwanted.push_back(argument.type->nothing());
    }
  }

  /// Returns argument `i` as the module gets it.
  const HookedValue& input(std::size_t i) const noexcept { return given_[i]; }

  /// Calls the forward hooks, and returns the result as the caller gets it. Throws tenon::Error if there are backward
  /// hooks, and the result is neither a Variable nor a std::tuple of Variables.
  template <class R>
  R finish(const R& result) {
    if constexpr (requires { std::tuple_size<R>::value; }) {
      return [&]<std::size_t... I>(std::index_sequence<I...>) {
        std::array<HookedValue, sizeof...(I)> values{hooked_value(std::get<I>(result))...};
        finish_values(values, (is_variable<std::tuple_element_t<I, R>> && ...));
        return R{hooked(std::get<I>(result), values[I])...};
      }(std::make_index_sequence<std::tuple_size_v<R>>{});
    } else {
      std::array values{hooked_value(result)};
      finish_values(values, is_variable<R>);
      return hooked(result, values[0]);
    }
  }

 private:
  template <std::size_t Results>
  TENON_COLD void finish_values(std::array<HookedValue, Results>& results, bool are_variables) {
    if (hooks_->has(Hooks::Kind::forward)) {
      const std::vector<AnyTensor> of_inputs = tensors(arguments_), of_results = tensors(results);
      hooks_->for_each(Hooks::Kind::forward, [&](const auto& hook) { hook(of_inputs, of_results); });
    }
    if (!gradients_) return;
    if (!are_variables)
      raise(
          "register_backward_hook: wanted a Variable or a std::tuple of Variables as the result of the module, found "
          "something else");
    NodePointer(new HookNode<HookedRole::results, Results>(gradients_, wanted_of(results), results));
  }
  template <class Values>
  static std::uint32_t wanted_of(const Values& values) {
    std::uint32_t wanted = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i].wants_grad()) wanted |= std::uint32_t{1} << i;
    return wanted;
  }
  template <class Values>
  static std::vector<AnyTensor> tensors(const Values& values) {
    std::vector<AnyTensor> copies;
    for (const HookedValue& value : values)
      if (value.type) copies.push_back(value.type->any_tensor(value.elements));
    return copies;
  }

  HooksPointer hooks_;
  Arguments arguments_, given_;       // those of the caller, and as the module gets them
  HookedGradientsPointer gradients_;  // null unless a backward hook is to see this call
  NodePointer input_node_;            // null unless gradients of inputs are wanted
};

}  // namespace tenon::inline TENON_ISA::autograd
