/// \file
/// The base of optimisers: the parameters that they move, in groups, and the history of each.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../core/hana.hpp"
#include "../cpu/micro/map.hpp"
#include "../nn/group.hpp"
#include "../nn/members.hpp"
#include "entries.hpp"
#include "history.hpp"

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
/// `Rule::histories`: tensors, zero at first, that are kept for each parameter, at its place. `Rule::counts_steps` says
/// whether PyTorch saves the number of steps.
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
    (add_group(groups.source, groups.options, options, sizeof...(Sources) > 1), ...);
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
      if (const Parameter& parameter = parameters_[i]; is_first(i))
        parameter.history->step(groups_[parameter.group].rule(), parameter.state->current());
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

  /// Returns what a new optimiser of the same parameters needs to go on: of each parameter its `step` and the tensors
  /// that PyTorch has, as `weight.exp_avg`, and the options, as `param_groups.0.lr`. Numbers are scalars. The names of
  /// parameters are those that the module gives, where there are several groups each behind its group's number, as
  /// `0.weight.exp_avg`; a parameter without a name, or whose name is taken, is called by its number in the group.
  StateDict state_dict() const {
    StateDict dict;
    const detail::SaveEntries entries{dict};
    for (const auto& [prefix, state, group, history] : parameters_) {
      entries(prefix + "step", history->steps);
      for (std::size_t i = 0; i < Rule::histories.size(); ++i) {
        AnyTensor tensor(history->dtype, {history->extents.begin(), history->extents.end()});
        history->read(i, tensor.data());
        const Text name = prefix + Rule::histories[i];
        dict.insert(std::string(name.data(), name.size()), std::move(tensor));
      }
    }
    for (std::size_t i = 0; i < groups_.size(); ++i) for_each_option(i, groups_[i].options(), entries);
    return dict;
  }

  /// Goes on from where `dict` was saved, by an optimiser of the same parameters in the same groups. Every name, shape
  /// and dtype is checked before anything is written; the tenon::Error lists all that are missing, unexpected or
  /// misshapen. `options` are those of a module's `load_state_dict`. A dict without any `param_groups` leaves the
  /// options of the groups as they are. A parameter that was moved before counts as one that has once had a gradient.
  void load_state_dict(const StateDict& dict, nn::LoadOptions options = {}) {
    if constexpr (Rule::counts_steps)
      load(dict, options);
    else
      load(with_steps(dict), options);
  }

 private:
  static constexpr std::string_view groups_name = "param_groups.";

  using Parameter = detail::Trained<Rule>;

  void load(const StateDict& dict, const nn::LoadOptions& options) {
    std::vector<tenon::detail::LoadTarget> of_parameters, of_groups;
    std::vector<Group> groups = groups_;
    std::vector<detail::HistoryTensor<Rule>> tensors;
    tensors.reserve(parameters_.size() * Rule::histories.size());
    for (const auto& [prefix, state, group, history] : parameters_) {
      detail::LoadEntries{of_parameters}(prefix + "step", history->steps);
      for (std::size_t i = 0; i < Rule::histories.size(); ++i) {
        tensors.push_back({history.get(), i});
        const Text name = prefix + Rule::histories[i];
        of_parameters.push_back({std::string(name.data(), name.size()), history->dtype, history->extents,
                                 &tensors.back(), &detail::HistoryTensor<Rule>::assign});
      }
    }
    if (std::any_of(dict.begin(), dict.end(), [](const auto& entry) { return entry.first.starts_with(groups_name); }))
      for (std::size_t i = 0; i < groups.size(); ++i)
        for_each_option(i, groups[i].options(), detail::LoadEntries{of_groups});
    std::vector<tenon::detail::LoadTarget> all = of_parameters;
    all.insert(all.end(), of_groups.begin(), of_groups.end());
    tenon::detail::check_targets(dict, all, options, "optimiser");
    tenon::detail::assign_targets(dict, of_groups);
    if constexpr (requires { Rule::check_options(groups[0].options()); })
      for (const Group& group : groups) Rule::check_options(group.options());
    tenon::detail::assign_targets(dict, of_parameters);
    std::copy(groups.begin(), groups.end(), groups_.begin());  // references to options stay
    for (const Parameter& parameter : parameters_)
      if (parameter.history->steps > 0) parameter.state->current().mark_had_grad();
  }

  template <class Source>
  void add_group(Source& source, const nn::GroupOptions& given, Options options, bool one_of_several) {
    detail::assign_options<Rule>(given, options);
    if constexpr (requires { Rule::check_options(options); }) Rule::check_options(options);
    groups_.emplace_back(options);
    const Text group = one_of_several ? to_text(groups_.size() - 1) + '.' : Text();
    if constexpr (nn::is_module<std::remove_const_t<Source>>)
      nn::for_each_parameter(source, [&](const std::string& name, auto& parameter) { add(group, name, parameter); });
    else
      boost::hana::for_each(source, [&](auto& reference) {
        if constexpr (requires { reference.name; })
          this->add(group, reference.name, reference.get());
        else
          this->add(group, {}, reference.get());
      });
  }
  template <class Declared>
  void add(const Text& group_prefix, std::string_view name, nn::Parameter<Declared>& parameter) {
    parameter.state()->name(name);  // for errors
    autograd::AnyState* const state = parameter.state();
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
    parameters_.emplace_back(prefix_of(group_prefix, name), state, group,
                             std::make_unique<detail::HistoryOf<Rule, TensorType>>(parameter.state()));
  }
  /// Returns `dict` with the steps of an optimiser that does not count them in PyTorch, where a buffer is there after
  /// the first one.
  StateDict with_steps(StateDict dict) const {
    for (const Parameter& parameter : parameters_) {
      const Text name = parameter.prefix + "step", buffer = parameter.prefix + Rule::histories[0];
      if (dict.contains(buffer) && !dict.contains(name)) detail::SaveEntries{dict}(name, 1.0);
    }
    return dict;
  }
  /// Returns what the names of the next parameter's entries begin with.
  Text prefix_of(const Text& group_prefix, std::string_view name) const {
    const auto prefix = [&](std::string_view own) { return Text(group_prefix).append(own) += '.'; };
    Text wanted = prefix(name);
    const bool is_taken = std::any_of(parameters_.begin(), parameters_.end(),
                                      [&](const Parameter& other) { return other.prefix == wanted; });
    if (!name.empty() && !is_taken) return wanted;
    const auto of_group = [group = groups_.size() - 1](const Parameter& other) { return other.group == group; };
    return prefix(to_text(std::count_if(parameters_.begin(), parameters_.end(), of_group)));
  }
  /// Calls `entries(name, option)` for the options of group `i`.
  template <class GroupOptions, class Entries>
  static void for_each_option(std::size_t i, GroupOptions& options, const Entries& entries) {
    const Text prefix = Text(groups_name) + to_text(i) + '.';
    nn::for_each_member(options, [&](const char* name, auto& option) { entries(prefix + name, option); });
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
