/// \file
/// The record of a call of replicas, whose backward pass walks the records of all replicas at once.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <tuple>
#include <utility>

#include "../autograd/node.hpp"
#include "parts.hpp"
#include "replica.hpp"

namespace tenon::inline TENON_ISA::parallel {

/// What one device has recorded: its parts of the arguments and of the results; null where nothing is recorded.
template <std::size_t Arguments, std::size_t Results>
struct Record {
  std::array<autograd::AnyStatePointer, Arguments> arguments;
  std::array<autograd::AnyStatePointer, Results> results;

  bool wants_grad() const {
    return std::any_of(results.begin(), results.end(), [](const auto& state) { return state && state->wants_grad(); });
  }
  /// Keeps tuples of parts, if their gradients are wanted.
  template <class Parts, class Values>
  void keep(const Parts& parts, const Values& values) {
    Record record{states_of(parts), states_of(values)};
    if (record.wants_grad()) *this = std::move(record);
  }

 private:
  template <class... A>
  static std::array<autograd::AnyStatePointer, sizeof...(A)> states_of(const std::tuple<A...>& values) {
    return std::apply([](const A&... value) { return std::array{state_of(value)...}; }, values);
  }
};
/// What all devices have recorded.
template <std::size_t Devices, std::size_t Arguments, std::size_t Results>
using Records = std::array<Record<Arguments, Results>, Devices>;

template <class Replicas, class Split, class Arguments, class Results>
class ReplicasNode;

/// The record of a call of `Replicas` on arguments of the types `X`, of whose parts each made results of the types `R`.
template <class Replicas, class Split, class... X, class... R>
class ReplicasNode<Replicas, Split, std::tuple<X...>, std::tuple<R...>> final
    : public autograd::CallNode<sizeof...(X), sizeof...(R)> {
 public:
  using Records = parallel::Records<Replicas::devices, sizeof...(X), sizeof...(R)>;

  template <class Model>
  ReplicasNode(std::shared_ptr<Replicas> replicas, Model& model, Records records, const X&... x)
      : ReplicasNode::CallNode(autograd::wanted_gradients(x...), 0),
        replicas_(std::move(replicas)),
        records_(std::move(records)),
        parameters_(replicas_->parameter_count()) {
    std::size_t i = 0;
    ((this->inputs_[i++] = held(x)), ...);
    this->follow_inputs();
    nn::for_each_tensor(model, [next = parameters_.data()]<class Member>(Member& member) mutable {
      if constexpr (is_parameter<Member>) *next++ = held(member);
    });
  }
  ReplicasNode(const ReplicasNode&) = delete;
  ReplicasNode& operator=(const ReplicasNode&) = delete;
  ~ReplicasNode() override {
    for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i]->let_go(false);
    for (std::size_t device = 1; device < Replicas::devices; ++device) {
      for (auto& state : records_[device].results) replicas_->replica(device).drop(std::move(state));
      for (auto& state : records_[device].arguments) replicas_->replica(device).drop(std::move(state));
    }
  }

  /// Ties result `I` to this node.
  template <std::size_t I, class TensorType>
  void attach(autograd::State<TensorType>& state) {
    state.made_by(autograd::NodePointer(this), this->outputs_[I], false);
  }

  void propagate(autograd::BackwardQueue& queue) override {
    if (this->reached()) {
      this->check_values("DataParallel", autograd::needs_nothing, queue);
      backward(std::index_sequence_for<X...>{}, std::index_sequence_for<R...>{});
      add_up_gradients();
      this->queue_producers(queue);
    }
    this->let_go();
  }

 private:
  template <class A>
  using argument_part = typename part_of<Split, A>::tensor;
  template <class A>
  using result_whole = typename whole_of<Split, A>::type;

  /// Where the gradient of an argument goes; null if nobody wants it.
  template <class A>
  struct Target {
    typename autograd::argument_t<A>::value_type* grad = nullptr;
    bool accumulate = false;
  };

  template <class A>
  static autograd::AnyState* held(const A& x) {
    if constexpr (is_recorded<A>)
      return autograd::held_state(x, false);
    else
      return nullptr;
  }

  template <std::size_t... I, std::size_t... J>
  void backward(std::index_sequence<I...>, std::index_sequence<J...>) {
    // Made in order: if two arguments are one Variable, the second adds to the gradient that the first writes.
    const std::tuple<Target<X>...> targets{target<X>(I)...};
    const std::tuple<const result_whole<R>*...> gradients{gradient<R>(J)...};
    replicas_->run([&](std::size_t device) {
      autograd::BackwardQueue& queue = replicas_->queue(device);
      auto& [arguments, results] = records_[device];
      if (device > 0) replicas_->replica(device).module().zero_grad();
      (seed<R>(results[J].get(), std::get<J>(gradients), device, queue), ...);
      queue.run();
      (pass_on<X>(arguments[I].get(), std::get<I>(targets), device), ...);
      results = {};
      arguments = {};
    });
  }

  template <class A>
  Target<A> target([[maybe_unused]] std::size_t i) {
    if constexpr (is_recorded<A>)
      if (this->wanted_ >> i & 1) {
        auto& state = static_cast<autograd::State<autograd::argument_t<A>>&>(this->inputs_[i]->current());
        const bool accumulate = state.accumulates();
        return {state.grad_to_write().data(), accumulate};
      }
    return {};
  }
  /// Returns the gradient of result `j`; null if nobody has passed one on.
  template <class A>
  const result_whole<A>* gradient(std::size_t j) const {
    const autograd::OutputSlot& slot = this->outputs_[j];
    if (!ReplicasNode::has_grad(slot)) return nullptr;
    return &static_cast<autograd::State<result_whole<A>>*>(slot.state)->set_elements();
  }

  /// Gives a result of `device` its part of the gradient.
  template <class A>
  static void seed(autograd::AnyState* result, const result_whole<A>* gradient, std::size_t device,
                   autograd::BackwardQueue& queue) {
    if constexpr (is_recorded<A>) {
      using Part = autograd::argument_t<A>;
      if (!gradient || !result || !result->wants_grad()) return;
      Part part(uninitialized);
      host::gather(Split::template view<shape_of_t<Part>>(device), gradient->data(), part.data());
      autograd::add_to_grad(static_cast<autograd::State<Part>&>(*result), part);
      result->queue_producer(queue);
    }
  }
  /// Passes the gradient of an argument's part on to the argument.
  template <class A>
  static void pass_on(autograd::AnyState* argument, const Target<A>& target, std::size_t device) {
    if constexpr (is_recorded<A>) {
      using Part = argument_part<A>;
      if (!target.grad) return;
      host::scatter(Split::template view<shape_of_t<Part>>(device), target.accumulate,
                    static_cast<autograd::State<Part>&>(*argument).set_elements().data(), target.grad);
    }
  }

  /// Adds the gradients of the replicas, in the order of the devices, to those of the parameters.
  void add_up_gradients() {
    for (std::size_t device = 1; device < Replicas::devices; ++device)
      nn::for_each_tensor(replicas_->replica(device).module(),
                          [next = parameters_.data()]<class Member>(Member& member) mutable {
                            if constexpr (is_parameter<Member>) {
                              using State = autograd::State<typename Member::tensor_type>;
                              State &state = *member.state(), &target = static_cast<State&>((*next++)->current());
                              if (!state.has_grad()) return;
                              if (target.requires_grad()) autograd::add_to_grad(target, state.set_elements());
                              state.zero_grad();  // so that what stands in several places is added once
                            }
                          });
  }

  std::shared_ptr<Replicas> replicas_;
  Records records_;
  memory::Array<autograd::AnyState*> parameters_;  // of the module, in the order of `for_each_tensor`
};

}  // namespace tenon::inline TENON_ISA::parallel
