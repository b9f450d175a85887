/// \file
/// `apply(operation, inputs...)`, by which all layers and functions reach their kernels. On Tensors it computes at
/// once; with a Variable among the inputs, or a Parameter as the first, it also records; with a plan::Value it appends
/// a stage to a plan.
#pragma once

#include "node.hpp"
#include "probe.hpp"

namespace tenon::inline TENON_ISA {

namespace autograd {

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
  using Results = result_traits<typename Call::result>;
  const std::uint32_t wanted = wanted_gradients(x...);
  if (wanted == 0)
    return Results::transform(compute(operation, x...), [&]<class R>(R&& result) {
      nn::Variable<R> variable(std::forward<R>(result));
      if ((is_volatile(x) || ...)) variable.state()->make_volatile();
      return variable;
    });
  using NodeType = OperationNode<Operation, typename Call::result, argument_t<X>...>;
  const typename Call::place::scope beside(value_of(x)...);
  const boost::intrusive_ptr<NodeType> node(new NodeType(operation, wanted, x...));
  auto result = Results::make();
  Call::kernel::forward(operation, &node->saved, result, value_of(x)...);
  return node->attach(std::move(result));
}

}  // namespace autograd

/// Computes, records or plans `operation` on `x...`. A shape that it does not accept is one compile error.
template <class Operation, class... X>
auto apply(const Operation& operation, const X&... x) {
  using Elements = decltype(autograd::check_elements<Operation, X...>());
  if constexpr ((detail::is_rejected<X> || ...)) {
    return Rejected{};
  } else if constexpr (is_rejection<Elements>) {
    report(Elements{});
    return Rejected{};
  } else if constexpr ((detail::is_symbolic<X> || ...)) {
    return detail::first_symbolic(x...).append(operation, detail::as_argument(x)...);
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
