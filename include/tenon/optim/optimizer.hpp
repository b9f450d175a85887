/// \file
/// The base of optimisers: the parameters that they move, in groups, and the history of each.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "../core/hana.hpp"
#include "../cpu/micro/map.hpp"
#include "../nn/group.hpp"
#include "../nn/members.hpp"

namespace tenon::inline TENON_ISA::optim {

/// The options of one group of an optimiser's parameters, as in PyTorch's `param_groups`.
template <class Rule>
class ParameterGroup {
 public:
  using Options = typename Rule::Options;
  explicit ParameterGroup(const Options& options) : rule_{options} {}
  /// Returns the learning rate and the other options, which may be changed between steps.
  Options& options() noexcept { return rule_.options; }
  const Options& options() const noexcept { return rule_.options; }
  const Rule& rule() const noexcept { return rule_; }

 private:
  Rule rule_;
};

namespace detail {

/// What an optimiser keeps of one parameter, of any type.
template <class Rule>
class History {
 public:
  History() = default;
  History(const History&) = delete;
  History& operator=(const History&) = delete;
  virtual ~History() = default;
  /// Moves the parameter if it requires a gradient and has once had one. `state` is the parameter's current one.
  virtual void step(const Rule& rule, autograd::AnyState& state) = 0;
  virtual void zero_grad(autograd::AnyState& state) = 0;
};

template <class Rule, class TensorType>
class HistoryOf final : public History<Rule> {
  using Place = typename TensorType::place;
  using T = typename TensorType::value_type;
  using State = autograd::State<TensorType>;

 public:
  explicit HistoryOf(autograd::StatePointer<TensorType> state) : kept_(std::move(state)) {}

  void step(const Rule& rule, autograd::AnyState& any) override {
    auto& state = static_cast<State&>(any);
    if (!state.requires_grad() || !state.had_grad()) return;
    const typename Place::scope here(state.value(), tensors_[0]);
    const auto history = std::apply([](auto&... tensor) { return std::array{tensor.data()...}; }, tensors_);
    rule.template update<Place>(shape_of_t<TensorType>::size, state.value().data(), state.set_elements().data(),
                                history, ++steps_);
    state.changed();
  }
  void zero_grad(autograd::AnyState& state) override { static_cast<State&>(state).zero_grad(); }

 private:
  autograd::StatePointer<TensorType> kept_;
  std::array<TensorType, Rule::histories.size()> tensors_;  // zeros
  double steps_ = 0;
};

/// Writes the options that `given` has into `options`. Throws tenon::Error for one that `Rule` does not have.
template <class Rule>
void assign_options(const nn::GroupOptions& given, typename Rule::Options& options) {
  nn::for_each_member(given, [&]<class Option>(std::string_view name, const std::optional<Option>& value) {
    if (!value) return;
    bool known = false;
    nn::for_each_member(options, [&]<class Own>(std::string_view own_name, Own& own) {
      if constexpr (std::is_same_v<Own, Option>)
        if (own_name == name) {
          own = *value;
          known = true;
        }
    });
    if (!known) raise(Text(Rule::name) + ": a group has the option " + Text(name) + ", which this optimiser lacks");
  });
}

}  // namespace detail

/// The base of the optimisers. `Rule::update<Place>(size, value, grad, history, steps)` moves one parameter with the
/// loops of its place, where `value` and `grad` are (size) and `history` is one pointer (size) for each name of
/// `Rule::histories`: tensors, zero at first, that are kept for each parameter, at its place.
///
/// An optimiser shares the parameters' storage: the module may be moved and assigned to, and must be kept while `step`
/// is called.
template <class Rule>
class Optimizer {
 public:
  using Options = typename Rule::Options;
  using Group = ParameterGroup<Rule>;

  /// Takes the parameters of `source`, a module or a Hana sequence of references to parameters such as
  /// `m.parameters()`, as one group. Throws tenon::Error if there are none.
  template <class Source>
  Optimizer(Source&& source, Options options) : Optimizer(options, nn::Group<Source&>{source, {}}) {}

  /// Takes several groups, each with the options that it gives and the defaults for the others. Throws tenon::Error if
  /// an option is none of this optimiser's, if a parameter is in two groups, or if there are none.
  template <class... Sources>
    requires(sizeof...(Sources) > 0)
  explicit Optimizer(const nn::Group<Sources>&... groups) : Optimizer(Options{}, groups...) {}

  /// Takes several groups, each with the options that it gives and those of `options` for the others.
  template <class... Sources>
    requires(sizeof...(Sources) > 0)
  explicit Optimizer(Options options, const nn::Group<Sources>&... groups) {
    (add_group(groups.source, groups.options, options), ...);
    if (parameters_.empty())
      raise("Optimizer: no parameters; those of a module are in the members that BOOST_HANA_DEFINE_STRUCT names");
  }

  /// Moves each parameter that requires a gradient and has once had one; a gradient that was zeroed since counts as 0.
  /// Throws tenon::Error if no module has any of the parameters any more, or if nn::Shared let go of one.
  void step() {
    if (std::none_of(parameters_.begin(), parameters_.end(),
                     [](const auto& parameter) { return parameter.state->current().is_shared(); }))
      raise(
          "Optimizer: no module has any of its parameters any more: the model was destroyed or its layers were "
          "replaced");
    for (const Parameter& parameter : parameters_)
      if (parameter.state->was_replaced())
        raise(Text("Optimizer: the parameter \"") + Text(parameter.state->name()) +
              "\" is in no module any more: its nn::Shared was given another layer; make a new optimiser");
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      if (const auto& [state, group, history] = parameters_[i]; is_first(i))
        history->step(groups_[group].rule(), state->current());
  }

  /// Zeroes the gradients of the parameters.
  void zero_grad() {
    for (const Parameter& parameter : parameters_) parameter.history->zero_grad(parameter.state->current());
  }

  /// Returns the learning rate and the other options of all parameters, which may be changed between steps. Throws
  /// tenon::Error where there are several groups.
  Options& options() {
    if (groups_.size() > 1)
      raise(Text(Rule::name) + ": options() of an optimiser of " + to_text(groups_.size()) +
            " groups; write group(i).options()");
    return groups_[0].options();
  }
  /// Returns the groups, in the order in which they were given: one, if none was.
  std::span<Group> groups() noexcept { return groups_; }
  /// Returns group `i`, from 0. Throws tenon::Error if there is none.
  Group& group(std::size_t i) {
    if (i >= groups_.size())
      raise(Text(Rule::name) + ": wanted group " + to_text(i) + ", found " + to_text(groups_.size()) + " groups");
    return groups_[i];
  }

 private:
  struct Parameter {
    autograd::AnyState* state;  // the history keeps it
    std::size_t group;
    std::unique_ptr<detail::History<Rule>> history;
  };

  template <class Source>
  void add_group(Source& source, const nn::GroupOptions& given, Options options) {
    detail::assign_options<Rule>(given, options);
    if constexpr (requires { Rule::check(options); }) Rule::check(options);
    groups_.emplace_back(options);
    if constexpr (nn::is_module<std::remove_const_t<Source>>)
      nn::for_each_parameter(source, [&](const std::string& name, auto& parameter) { add(name, parameter); });
    else
      boost::hana::for_each(source, [this](auto& reference) {
        if constexpr (requires { reference.name; })
          this->add(reference.name, reference.get());
        else
          this->add({}, reference.get());
      });
  }
  template <class Declared>
  void add(std::string_view name, nn::Parameter<Declared>& parameter) {
    parameter.state()->name(name);  // for errors
    autograd::AnyState* const state = parameter.state().get();
    const std::size_t group = groups_.size() - 1;
    const auto met = std::find_if(parameters_.begin(), parameters_.end(),
                                  [state](const Parameter& other) { return other.state == state; });
    if (met != parameters_.end()) {
      // A parameter that a model shares between layers is met in each of them.
      if (met->group == group) return;
      raise(Text(Rule::name) + ": the parameter \"" + Text(state->name()) + "\" is in group " + to_text(met->group) +
            " and in group " + to_text(group));
    }
    using TensorType = typename nn::Parameter<Declared>::tensor_type;
    const typename TensorType::place::scope beside(parameter.data());
    parameters_.push_back({state, group, std::make_unique<detail::HistoryOf<Rule, TensorType>>(parameter.state())});
  }

  /// Returns whether parameter `i` is the first one here with its state: others were moved into the same one.
  bool is_first(std::size_t i) const {
    const auto state_of = [this](std::size_t k) { return parameters_[k].state; };
    if (!state_of(i)->was_moved()) return true;
    const autograd::AnyState* const now = &state_of(i)->current();
    for (std::size_t k = 0; k < parameters_.size(); ++k)
      if (state_of(k) == now || (k < i && &state_of(k)->current() == now)) return false;
    return true;
  }

  std::vector<Group> groups_;
  std::vector<Parameter> parameters_;
};

}  // namespace tenon::inline TENON_ISA::optim
