/// \file
/// `apply(operation, inputs...)`: the one way from a layer or function to what computes it. On Tensors it computes now;
/// with a Variable among the inputs, or a Parameter as the first, it also records; with a Symbolic it appends a stage
/// to a plan.
///
/// An operation says WHAT: a canonical options type with a `name`, a shape rule `output_shape(Shape...)` and whatever
/// the call depends on (training mode, buffers) as members. `cpu::Kernel<Operation>` (and `cuda::Kernel`) says HOW:
///
///     struct Saved;                                                     // optional: what backward wants from forward
///     static void forward(operation, saved, y, x...);                   // saved: null unless recorded
///     static void backward(operation, saved, y, grad_y, input(x)...);   // Input: value, and where its gradient goes
#pragma once

#include <algorithm>
#include <array>
#include <tuple>

#include "../core/shape_error.hpp"
#include "../core/tags.hpp"
#include "needs.hpp"
#include "variable.hpp"

namespace tenon::inline TENON_ISA {

/// What the shape rule of an operation with several outputs returns: the shape of each.
template <class... S>
struct Shapes {};
template <class S>
inline constexpr bool is_several = false;
template <class... S>
inline constexpr bool is_several<Shapes<S...>> = true;

namespace autograd {

/// One input of a backward kernel.
template <class TensorType>
struct Input {
  using element = typename TensorType::value_type;

  const TensorType& value;
  /// Where the gradient goes; null if nobody wants it.
  element* grad = nullptr;
  /// Whether the gradient is to be added to what is there; otherwise it is undefined and must be overwritten.
  bool accumulate = false;

  /// For kernels that only add: `grad`, cleared first where that is needed.
  element* grad_to_add() const {
    if (grad && !accumulate) TensorType::place::fill(grad, shape_of_t<TensorType>::size, element(0));
    return grad;
  }
};
/// An input that is left out, such as the bias of a layer without one.
template <>
struct Input<Absent> {
  static constexpr std::nullptr_t grad = nullptr;
};

struct NothingSaved {};

template <class Kernel>
struct saved_by {
  using type = NothingSaved;
};
template <class Kernel>
  requires requires { typename Kernel::Saved; }
struct saved_by<Kernel> {
  using type = typename Kernel::Saved;
};

// ---- arguments

/// The tensor type behind an argument: Tensor, Variable, Parameter, Buffer or Absent.
template <class X>
struct argument {
  using type = X;  // a Tensor of any place, or Absent
};
template <class T>
struct argument<nn::Variable<T>> {
  using type = T;
};
template <class T>
struct argument<nn::Parameter<T>> {
  using type = typename nn::Parameter<T>::tensor_type;
};
template <class T>
struct argument<nn::Buffer<T>> {
  using type = typename nn::Buffer<T>::tensor_type;
};
template <class X>
using argument_t = typename argument<std::remove_cvref_t<X>>::type;

/// The element type of an argument; void of what has none, such as a shape.
template <class X>
struct element {
  using type = void;
};
template <class X>
  requires requires { typename argument_t<X>::value_type; }
struct element<X> {
  using type = typename argument_t<X>::value_type;
};
template <class X>
using element_t = typename element<X>::type;

template <class... X>
struct first_parameter;
template <class X, class... Rest>
struct first_parameter<X, Rest...> : std::conditional_t<is_parameter<X>, element<X>, first_parameter<Rest...>> {};

/// The rejection of arguments whose element types `Operation` does not accept: its argument number `index_argument`
/// holds 64-bit integers; parameters, and buffers of type `buffer_element`, have the type of what they are applied to.
template <class Operation, class First, class... Rest>
consteval auto check_elements() {
  constexpr int indices = [] {
    if constexpr (requires { Operation::index_argument; })
      return Operation::index_argument;
    else
      return -1;
  }();
  if constexpr (indices >= 0) {
    using T = element_t<std::tuple_element_t<static_cast<std::size_t>(indices), std::tuple<First, Rest...>>>;
    if constexpr (!std::is_void_v<T> && !std::is_same_v<T, std::int64_t>)
      return Rejection<Operation, expected_elements<std::int64_t>, actual_elements<T>>{};
  } else if constexpr (!std::is_void_v<element_t<First>>) {
    using T = element_t<First>;
    if constexpr (!((!is_parameter<Rest> || std::is_same_v<element_t<Rest>, T>) && ...))
      return Rejection<Operation, expected_elements<typename first_parameter<Rest...>::type>, actual_elements<T>>{};
    else if constexpr (requires { typename Operation::buffer_element; })
      if constexpr (!std::is_same_v<typename Operation::buffer_element, T>)
        return Rejection<Operation, expected_elements<typename Operation::buffer_element>, actual_elements<T>>{};
  }
}

/// Whether tensors and parameters are all at the place of the first.
template <class First, class X>
inline constexpr bool beside = std::is_same_v<typename First::place, typename X::place>;
template <class First>
inline constexpr bool beside<First, Absent> = true;
template <class First, class... X>
inline constexpr bool at_one_place = (beside<First, X> && ...);

template <class X>
const auto& value_of(const X& x) {
  if constexpr (is_variable<X> || is_parameter<X>)
    return x.data();
  else
    return x;
}

/// The state a node keeps of an argument; of one left out, none.
template <class X>
AnyStatePointer state_of(const X& x) {
  if constexpr (is_variable<X> || is_parameter<X>)
    return x.state();
  else if constexpr (std::is_same_v<X, Absent>)
    return nullptr;
  else
    return new State<X>(X(x), false);
}
template <class X>
bool wants_grad(const X& x) {
  if constexpr (is_variable<X> || is_parameter<X>)
    return x.state()->requires_grad() || x.state()->producer();
  else
    return false;
}
template <class X>
bool is_volatile(const X& x) {
  if constexpr (is_variable<X>)
    return x.state()->is_volatile();
  else
    return false;
}
/// Whether a call of an operation on these arguments, with a Variable among them or a Parameter as the first, is
/// recorded.
template <class... X>
bool is_recorded(const X&... x) {
  return !(is_volatile(x) || ...) && (wants_grad(x) || ...);
}

// ---- results

template <class Operation, std::size_t I, class Default>
struct result_element {
  using type = Default;
};
template <class Operation, std::size_t I, class Default>
  requires requires { typename Operation::template result_element<I, Default>; }
struct result_element<Operation, I, Default> {
  using type = typename Operation::template result_element<I, Default>;
};

/// The tensors an operation makes of a first input `X` where its shape rule says `S`.
template <class Operation, class X, class S, class I = void>
struct results;
template <class Operation, class X, index_t... D>
struct results<Operation, X, Shape<D...>, void> {
  using element = typename result_element<Operation, 0, typename X::value_type>::type;
  using type = typename X::place::template tensor<element, D...>;
};
template <class Operation, class X, class... S>
struct results<Operation, X, Shapes<S...>, void> : results<Operation, X, Shapes<S...>, std::index_sequence_for<S...>> {
};
template <class Operation, class X, class... S, std::size_t... I>
struct results<Operation, X, Shapes<S...>, std::index_sequence<I...>> {
  template <class T, class Extents>
  struct place_tensor;
  template <class T, index_t... D>
  struct place_tensor<T, Shape<D...>> {
    using type = typename X::place::template tensor<T, D...>;
  };
  using type = std::tuple<
      typename place_tensor<typename result_element<Operation, I, typename X::value_type>::type, S>::type...>;
};

template <class Result>
struct result_traits {
  static Result make() { return Result(uninitialized); }
  static constexpr std::size_t count = 1;
};
template <class... R>
struct result_traits<std::tuple<R...>> {
  static std::tuple<R...> make() { return {R(uninitialized)...}; }
  static constexpr std::size_t count = sizeof...(R);
};

/// The record of one call, as far as it does not depend on types.
template <std::size_t Inputs, std::size_t Outputs>
class CallNode : public Node {
 protected:
  explicit CallNode(std::array<AnyStatePointer, Inputs> inputs) : inputs_(std::move(inputs)) {
    for (std::size_t i = 0; i < Inputs; ++i)
      if (inputs_[i]) {
        versions_[i] = inputs_[i]->version();
        if (const NodePointer& producer = inputs_[i]->producer()) follow(*producer);
      }
  }

  bool reached() const {
    return std::any_of(outputs_.begin(), outputs_.end(), [](const OutputSlot& slot) { return has_grad(slot); });
  }
  static bool has_grad(const OutputSlot& slot) { return slot.state && slot.state->has_grad(); }
  void queue_producers(BackwardQueue& queue) {
    for (const AnyStatePointer& input : inputs_)
      if (input) input->queue_producer(queue);
  }
  /// Throws if a value that the gradients will be computed from was changed since this call.
  void check_values(std::string_view operation, const Needs& needs) const {
    static_assert(Inputs <= 32);
    std::uint32_t needed = 0;
    for (std::size_t i = 0; i < Inputs; ++i)
      if (inputs_[i] && (inputs_[i]->requires_grad() || inputs_[i]->producer())) needed |= needs.of(i);
    for (std::size_t i = 0; i < Inputs; ++i)
      if ((needed >> i & 1) && inputs_[i] && inputs_[i]->version() != versions_[i])
        raise_changed(operation, needs.role(i), *inputs_[i]);
  }
  void let_go() final {
    for (OutputSlot& slot : outputs_) {
      if (slot.state) std::exchange(slot.state, nullptr)->forget_producer();
      slot.held.reset();
    }
    for (AnyStatePointer& input : inputs_) input.reset();
  }

  std::array<AnyStatePointer, Inputs> inputs_;
  std::array<std::uint32_t, Inputs> versions_{};
  std::array<OutputSlot, Outputs> outputs_;
};

/// The record of one call.
template <class Operation, class Result, class... X>
class OperationNode final : public CallNode<sizeof...(X), result_traits<Result>::count> {
  using first = std::tuple_element_t<0, std::tuple<X...>>;
  using kernel = typename first::place::template kernel<Operation>;
  using each_input = std::index_sequence_for<X...>;
  using each_output = std::make_index_sequence<result_traits<Result>::count>;
  static constexpr bool has_several = requires { std::tuple_size<Result>::value; };

 public:
  template <class... Arguments>
  explicit OperationNode(const Operation& operation, const Arguments&... x)
      : OperationNode::CallNode({state_of(x)...}), operation_(operation) {}

  typename saved_by<kernel>::type saved;

  /// Makes the Variables of the result and ties them to this node.
  auto attach(Result result) {
    if constexpr (has_several)
      return attach_all(std::move(result), each_output{});
    else
      return attach_one(std::move(result), this->outputs_[0]);
  }

  void propagate(BackwardQueue& queue) override {
    if (this->reached()) {
      this->check_values(Operation::name, needs_of<Operation>);
      backward(queue, each_input{}, each_output{});
      this->queue_producers(queue);
    }
    this->let_go();
  }

 private:
  template <std::size_t... Output>
  auto attach_all(Result result, std::index_sequence<Output...>) {
    return std::tuple{attach_one(std::get<Output>(std::move(result)), this->outputs_[Output])...};
  }
  template <class R>
  nn::Variable<R> attach_one(R&& result, OutputSlot& slot) {
    StatePointer<R> state(new State<R>(std::move(result), false));
    state->made_by(NodePointer(this), slot);
    return nn::Variable<R>(std::move(state));
  }

  template <std::size_t... I, std::size_t... Output>
  void backward(BackwardQueue& queue, std::index_sequence<I...>, std::index_sequence<Output...>) {
    const typename first::place::scope beside(static_cast<State<first>&>(*this->inputs_[0]).value());
    // In order, so that of two inputs that are one Variable the second adds to what the first writes.
    const std::tuple<Input<X>...> gradients{input<X>(queue, this->inputs_[I].get())...};
    if constexpr (has_several)
      kernel::backward(operation_, saved,
                       std::tuple{value<std::tuple_element_t<Output, Result>>(this->outputs_[Output])...},
                       std::tuple{gradient<std::tuple_element_t<Output, Result>>(this->outputs_[Output])...},
                       std::get<I>(gradients)...);
    else
      kernel::backward(operation_, saved, *value<Result>(this->outputs_[0]), *gradient<Result>(this->outputs_[0]),
                       std::get<I>(gradients)...);
  }

  template <class T>
  static Input<T> input(BackwardQueue& queue, AnyState* any) {
    if constexpr (std::is_same_v<T, Absent>) {
      return {};
    } else {
      auto& state = static_cast<State<T>&>(*any);
      if (!state.requires_grad() && !state.producer()) {
        if (state.recorded()) queue.meet_released_record();
        return {state.value()};
      }
      auto& target = static_cast<State<T>&>(state.current());
      const bool accumulate = target.accumulates();
      return {state.value(), target.grad_to_write().data(), accumulate};
    }
  }
  // Of an output nobody kept, or whose gradient nobody wrote: null.
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

/// The tensors one call makes.
template <class Operation, class... X>
struct call {
  using first = argument_t<std::tuple_element_t<0, std::tuple<X...>>>;
  using shape = decltype(Operation::output_shape(shape_of_t<argument_t<X>>{}...));
  using result = typename results<Operation, first, shape>::type;
  using place = typename first::place;
  using kernel = typename place::template kernel<Operation>;
};

template <class Operation, class... X>
auto compute(const Operation& operation, const X&... x) {
  using Call = call<Operation, X...>;
  const typename Call::place::scope beside(value_of(x)...);
  auto result = result_traits<typename Call::result>::make();
  typename saved_by<typename Call::kernel>::type* const nothing = nullptr;
  Call::kernel::forward(operation, nothing, result, value_of(x)...);
  return result;
}

template <class Operation, class... X>
auto record(const Operation& operation, const X&... x) {
  using Call = call<Operation, X...>;
  if (is_recorded(x...)) {
    using NodeType = OperationNode<Operation, typename Call::result, argument_t<X>...>;
    const typename Call::place::scope beside(value_of(x)...);
    const boost::intrusive_ptr<NodeType> node(new NodeType(operation, x...));
    auto result = result_traits<typename Call::result>::make();
    Call::kernel::forward(operation, &node->saved, result, value_of(x)...);
    return node->attach(std::move(result));
  }
  const auto wrap = [&]<class R>(R&& r) {
    nn::Variable<R> variable(std::forward<R>(r));
    if ((is_volatile(x) || ...)) variable.state()->make_volatile();
    return variable;
  };
  auto result = compute(operation, x...);
  if constexpr (requires { std::tuple_size<typename Call::result>::value; })
    return std::apply([&](auto&&... r) { return std::tuple{wrap(std::move(r))...}; }, std::move(result));
  else
    return wrap(std::move(result));
}

}  // namespace autograd

/// What a user's `forward` is called with when only the shape of its result is asked for.
template <class S>
struct Probe {
  using probed = S;
  template <class Index>
  auto operator[](const Index& i) const {
    return detail::element_of(*this, i);
  }
};

namespace detail {
template <class S>
struct shape_of<Probe<S>> {
  using type = S;
};
template <class X>
inline constexpr bool is_probe = requires { typename X::probed; };
template <class S>
struct probes {
  using type = Probe<S>;
};
template <class... S>
struct probes<Shapes<S...>> {
  using type = std::tuple<Probe<S>...>;
};

template <>
struct shape_of<Absent> {
  using type = Absent;
};

/// Whether X is an xtensor expression, other than a Tensor, whose type tells its shape.
template <class X>
inline constexpr bool is_expression = false;
template <class X>
  requires(requires { typename static_extents<typename X::shape_type>::type; } && !is_tensor<X>)
inline constexpr bool is_expression<X> = std::is_convertible_v<const X&, const xt::xexpression<X>&>;

/// An argument as `apply` works with it: expressions are evaluated, a Buffer is its tensor, everything else stays.
template <class X>
decltype(auto) as_argument(const X& x) {
  if constexpr (is_buffer<X>)
    return x.data();
  else if constexpr (is_expression<X>)
    return tensor_of_t<typename X::value_type, typename static_extents<typename X::shape_type>::type>(x);
  else if constexpr (std::is_same_v<X, Absent>)
    return Absent{};  // g++ warns of the one in the layer, which nothing initialises
  else
    return (x);
}
template <class X>
inline constexpr bool is_symbolic = requires { typename X::symbolic; };
template <class First, class... Rest>
const auto& first_symbolic(const First& first, const Rest&... rest) {
  if constexpr (is_symbolic<First>)
    return first;
  else
    return first_symbolic(rest...);
}
template <class X>
inline constexpr bool is_rejected = std::is_same_v<std::remove_cvref_t<X>, Rejected>;
}  // namespace detail

/// Computes, records or plans `operation` on `x...`; a shape it does not accept is one compile error.
template <class Operation, class... X>
auto apply(const Operation& operation, const X&... x) {
  using Elements = decltype(autograd::check_elements<Operation, X...>());
  if constexpr ((detail::is_rejected<X> || ...)) {
    return Rejected{};
  } else if constexpr (is_rejection<Elements>) {
    report(Elements{});
    return Rejected{};
  } else if constexpr ((detail::is_symbolic<X> || ...)) {
    // Found by argument-dependent lookup beside Symbolic.
    return plan(operation, detail::first_symbolic(x...), detail::as_argument(x)...);
  } else {
    using S =
        decltype(Operation::output_shape(shape_of_t<autograd::argument_t<decltype(detail::as_argument(x))>>{}...));
    if constexpr (is_rejection<S>) {
      report(S{});
      return Rejected{};
    } else if constexpr ((detail::is_probe<X> || ...)) {
      return typename detail::probes<S>::type{};
    } else if constexpr (!autograd::at_one_place<autograd::argument_t<decltype(detail::as_argument(x))>...>) {
      static_assert(autograd::at_one_place<autograd::argument_t<decltype(detail::as_argument(x))>...>,
                    "the tensors and parameters of a call are at different places: model.cuda(id) and cuda::copy(x)");
      return Rejected{};
    } else if constexpr ((is_variable<X> || ...) || is_parameter<std::tuple_element_t<0, std::tuple<X...>>>) {
      return autograd::record(operation, detail::as_argument(x)...);
    } else {
      return autograd::compute(operation, detail::as_argument(x)...);
    }
  }
}

}  // namespace tenon::inline TENON_ISA
