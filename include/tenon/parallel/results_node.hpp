/// \file
/// The node behind the results of a DistributedDataParallel: a backward pass that comes from one of them reduces.
#pragma once

#include <cstdint>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "../autograd/node.hpp"
#include "reducer.hpp"

namespace tenon::inline TENON_ISA::parallel {

/// Returns which of `results` are recorded, as bits.
template <class... R>
std::uint32_t recorded_results(const R&... results) {
  static_assert(sizeof...(R) <= 32, "DistributedDataParallel: a module returns at most 32 results");
  std::uint32_t recorded = 0, bit = 1;
  const auto note = [&]([[maybe_unused]] const auto& result) {
    if constexpr (is_variable<std::remove_cvref_t<decltype(result)>>)
      if (result.state()->wants_grad()) recorded |= bit;
    bit <<= 1;
  };
  (note(results), ...);
  return recorded;
}

/// Passes the gradients of Variables among results of types `R` on as they are.
template <class... R>
class ResultsNode final : public autograd::CallNode<sizeof...(R), sizeof...(R)> {
 public:
  explicit ResultsNode(std::shared_ptr<Reducer> reducer, const R&... results)
      : ResultsNode::CallNode(recorded_results(results...), 0), reducer_(std::move(reducer)) {
    this->inputs_ = {state_of(results)...};
    this->follow_inputs();
  }

  /// Returns `results`, but behind this node: Variables of the same values.
  std::tuple<R...> attach(const R&... results) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::tuple<R...>(attach_one(results, I)...);
    }(std::index_sequence_for<R...>{});
  }

  void propagate(autograd::BackwardQueue& queue) override {
    if (this->reached()) {
      this->check_values("DistributedDataParallel", autograd::needs_nothing, queue);
      reducer_->begin(queue, this->order());
      std::size_t i = 0;
      (pass_on<R>(i++), ...);
      this->queue_producers(queue);
    }
    this->let_go();
  }

 private:
  bool is_wanted(std::size_t i) const { return (this->wanted_ >> i & 1) != 0; }

  template <class Result>
  static autograd::AnyState* state_of([[maybe_unused]] const Result& result) {
    if constexpr (is_variable<Result>)
      return autograd::held_state(result, false);
    else
      return nullptr;
  }
  template <class Result>
  Result attach_one(const Result& result, [[maybe_unused]] std::size_t i) {
    if constexpr (is_variable<Result>)
      if (is_wanted(i)) {
        Result behind(typename Result::tensor_type(result.data()));
        behind.state()->made_by(autograd::NodePointer(this), this->outputs_[i], false);
        return behind;
      }
    return result;
  }
  template <class Result>
  void pass_on([[maybe_unused]] std::size_t i) {
    if constexpr (is_variable<Result>) {
      using State = autograd::State<typename Result::tensor_type>;
      const autograd::OutputSlot& slot = this->outputs_[i];
      if (is_wanted(i) && ResultsNode::has_grad(slot))
        autograd::add_to_grad(static_cast<State&>(this->inputs_[i]->current()),
                              static_cast<State*>(slot.state)->set_elements());
    }
  }

  std::shared_ptr<Reducer> reducer_;
};

template <class Result>
constexpr void check_result() {
  static_assert(
      is_variable<Result> || requires { typename Result::place; },
      "DistributedDataParallel: a module returns a Tensor, a Variable or a std::tuple of them");
}

/// Returns the results of a module's call behind a node, if they are recorded.
template <class... R>
std::tuple<R...> behind_node(const std::shared_ptr<Reducer>& reducer, const std::tuple<R...>& results) {
  (check_result<R>(), ...);
  return std::apply(
      [&](const R&... result) {
        if (recorded_results(result...) == 0) return results;
        const boost::intrusive_ptr<ResultsNode<R...>> node(new ResultsNode<R...>(reducer, result...));
        return node->attach(result...);
      },
      results);
}
template <class Result>
Result behind_node([[maybe_unused]] const std::shared_ptr<Reducer>& reducer, const Result& result) {
  if constexpr (is_variable<Result>) {
    return std::get<0>(behind_node(reducer, std::tuple<Result>(result)));
  } else {
    if constexpr (!tenon::detail::is_rejected<Result>) check_result<Result>();
    return result;
  }
}

}  // namespace tenon::inline TENON_ISA::parallel
