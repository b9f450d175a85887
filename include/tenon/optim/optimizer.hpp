/// \file
/// The base of optimisers: the parameters that they move, and the history of each.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "../core/hana.hpp"
#include "../cpu/micro/map.hpp"
#include "../nn/members.hpp"

namespace tenon::inline TENON_ISA::optim {

/// The base of the optimisers. `Rule::update<Place>(size, value, grad, history, steps)` moves one parameter with the
/// loops of its place, where `value` and `grad` are (size) and `history` is (Rule::histories, size): arrays, zero at
/// first, that are kept for each parameter, at its place.
///
/// An optimiser shares the parameters' storage: the module may be moved and assigned to, and must be kept while `step`
/// is called.
template <class Rule>
class Optimizer {
 public:
  using Options = typename Rule::Options;

  /// Takes the parameters of `source`, a module or a Hana sequence of references to parameters such as
  /// `m.parameters()`. Throws tenon::Error if there are none.
  template <class Source>
  Optimizer(Source&& source, Options options) : rule_{options} {
    if constexpr (nn::is_module<std::remove_cvref_t<Source>>)
      nn::for_each_parameter(source, [&](const std::string& name, auto& parameter) {
        add(parameter);
        parameter.state()->name(name);  // for errors
      });
    else
      boost::hana::for_each(source, [this](auto& reference) {
        this->add(reference.get());
        if constexpr (requires { reference.name; }) reference.get().state()->name(reference.name);
      });
    if (moves_.empty())
      raise("Optimizer: no parameters; those of a module are in the members that BOOST_HANA_DEFINE_STRUCT names");
  }

  /// Moves each parameter that requires a gradient and has once had one; a gradient that was zeroed since counts as 0.
  /// Throws tenon::Error if no module has any of the parameters any more, or if nn::Shared let go of one.
  void step() {
    if (std::none_of(states_.begin(), states_.end(), [](auto* state) { return state->current().is_shared(); }))
      raise(
          "Optimizer: no module has any of its parameters any more: the model was destroyed or its layers were "
          "replaced");
    for (const autograd::AnyState* state : states_)
      if (state->was_replaced())
        raise(Text("Optimizer: the parameter \"") + Text(state->name()) +
              "\" is in no module any more: its nn::Shared was given another layer; make a new optimiser");
    for (std::size_t i = 0; i < moves_.size(); ++i)
      if (is_first(i)) moves_[i](rule_, states_[i]->current());
  }

  /// Zeroes the gradients of the parameters.
  void zero_grad() {
    for (std::size_t i = 0; i < zeros_.size(); ++i) zeros_[i](states_[i]->current());
  }

  /// Returns the learning rate and the other options of the rule, which may be changed between steps.
  Options& options() noexcept { return rule_.options; }

 private:
  template <class Declared>
  void add(nn::Parameter<Declared>& parameter) {
    using TensorType = typename nn::Parameter<Declared>::tensor_type;
    using Place = typename TensorType::place;
    using T = typename TensorType::value_type;
    constexpr index_t size = shape_of_t<TensorType>::size;
    // A parameter that a model shares between layers is met in each of them.
    if (std::find(states_.begin(), states_.end(), parameter.state().get()) != states_.end()) return;
    states_.push_back(parameter.state().get());
    const typename Place::scope beside(parameter.data());
    typename Place::template tensor<T, size * Rule::histories> history;
    using State = autograd::State<TensorType>;
    moves_.push_back([kept = parameter.state(), past = std::move(history), steps = std::int64_t{0}](
                         const Rule& rule, autograd::AnyState& any) mutable {
      auto& state = static_cast<State&>(any);
      if (!state.requires_grad() || !state.had_grad()) return;
      const typename Place::scope here(state.value(), past);
      rule.template update<Place>(size, state.value().data(), state.set_elements().data(), past.data(), ++steps);
      state.changed();
    });
    zeros_.push_back([](autograd::AnyState& any) { static_cast<State&>(any).zero_grad(); });
  }

  /// Returns whether parameter `i` is the first one here with its state: others were moved into the same one.
  bool is_first(std::size_t i) const {
    if (!states_[i]->was_moved()) return true;
    const autograd::AnyState* const now = &states_[i]->current();
    for (std::size_t k = 0; k < states_.size(); ++k)
      if (states_[k] == now || (k < i && &states_[k]->current() == now)) return false;
    return true;
  }

  Rule rule_;
  std::vector<std::function<void(const Rule&, autograd::AnyState&)>> moves_;  // these keep the parameters
  std::vector<std::function<void(autograd::AnyState&)>> zeros_;
  std::vector<autograd::AnyState*> states_;
};

}  // namespace tenon::inline TENON_ISA::optim
