/// \file
/// Tracing, which makes a graph of a model by calling it with values without elements, or from its type alone.
#pragma once

#include "placement.hpp"
#include "program.hpp"

namespace tenon::inline TENON_ISA::plan {

namespace detail {

/// The kernel of an edge whose elements are packed beside the weights.
template <std::size_t Bytes>
struct ConstantKernel : KernelTraits {
  static constexpr std::string_view name = "constant";
  static constexpr std::size_t packed_bytes = Bytes;
  static void pack(const Source& source, std::byte* packed) { std::memcpy(packed, source.parameters[0], Bytes); }
};
/// Appends `tensor`, as it is now, to `graph` as an edge.
template <class Backend, class TensorType>
auto constant(Graph& graph, const TensorType& tensor) {
  if constexpr (requires { tensor.to_host(); }) {
    return constant<Backend>(graph, tensor.to_host());
  } else {
    using Constant = Value<Backend, typename TensorType::value_type, shape_of_t<TensorType>>;
    constexpr EdgeType type = type_of<Constant>();
    const auto* first = reinterpret_cast<const std::byte*>(tensor.data());
    return Constant(graph,
                    graph.append_constant({first, first + type.bytes}, info_of<ConstantKernel<type.bytes>>, type));
  }
}
/// Returns an operand as a value of the graph.
template <class Backend, class X>
decltype(auto) value_of(Graph& graph, const X& x) {
  if constexpr (tenon::detail::is_symbolic<X>)
    return (x);
  else
    return constant<Backend>(graph, autograd::value_of(x));
}

/// Whether an argument is no operand but a layer's parameter, whose elements a rule gets.
template <class X>
inline constexpr bool is_layer_parameter = is_parameter<X> || std::is_same_v<X, Absent>;
/// Whether no operand stands behind a parameter.
template <class... X>
inline constexpr bool parameters_follow = [] {
  constexpr std::array<bool, sizeof...(X)> parameters{is_layer_parameter<X>...};
  return std::is_sorted(parameters.begin(), parameters.end());
}();
template <class X>
const void* elements_of_parameter(const X& x) {
  if constexpr (is_parameter<X>)
    return std::as_const(x).data().data();
  else
    return nullptr;
}
template <class X>
index_t parameter_count(const X& x) {
  if constexpr (is_parameter<X>)
    return shape_of_t<X>::size;
  else if constexpr (is_variable<X>)  // as which parameters are operands
    return x.requires_grad() ? shape_of_t<X>::size : 0;
  else
    return 0;
}

template <class S>
struct FirstShape {
  using type = S;
};
template <class S, class... Rest>
struct FirstShape<Shapes<S, Rest...>> {
  using type = S;
};
template <class Operation, class First, class... S>
consteval index_t multiply_adds() {
  if constexpr (requires { Operation::multiply_adds(First{}); })
    return Operation::multiply_adds(First{});
  else if constexpr (requires { Operation::multiply_adds(First{}, S{}...); })
    return Operation::multiply_adds(First{}, S{}...);
  else
    return 0;
}

/// Appends an operation whose first `Operands` arguments are operands; parameters follow them.
template <std::size_t Operands>
struct Append {
  template <class Backend, class Operation, class... X>
  static auto run(Graph& graph, const Operation& operation, Parameters parameters, const X&... x) {
    if constexpr (sizeof...(X) == Operands)
      return Rule<Operation>::append(operation, parameters, value_of<Backend>(graph, x)...);
    else
      return [&]<std::size_t... I>(std::index_sequence<I...>, const std::tuple<const X&...>& arguments) {
        return Rule<Operation>::append(operation, parameters, value_of<Backend>(graph, std::get<I>(arguments))...);
      }(std::make_index_sequence<Operands>{}, std::tie(x...));
  }
};
template <>
struct Append<1> {
  template <class Backend, class Operation, class A, class... P>
  static auto run(Graph& graph, const Operation& operation, Parameters parameters, const A& a, const P&...) {
    return Rule<Operation>::append(operation, parameters, value_of<Backend>(graph, a));
  }
};

}  // namespace detail

/// A layer's parameters among the arguments of an operation, behind its operands.
template <class... X>
class ParametersOf {
  static constexpr std::size_t operands = (std::size_t{!detail::is_layer_parameter<X>} + ... + 0);
  static_assert(detail::parameters_follow<X...>, "parameters follow the operands");

 public:
  explicit ParametersOf(const X&... x) : elements_{detail::elements_of_parameter(x)...} {}
  static constexpr std::size_t number_of_operands = operands;
  operator Parameters() const { return {elements_.data() + operands, static_cast<int>(sizeof...(X) - operands)}; }

 private:
  std::array<const void*, sizeof...(X)> elements_;
};

/// Notes an operation on `x...` with a result of shape `R`, whose stages were appended since there were `before` of
/// them.
template <class Operation, class R, class... X>
void note(Graph& graph, int before, index_t multiply_adds, const X&... x) {
  using Shown = typename detail::FirstShape<R>::type;
  graph.note(
      {Operation::name, {Shown::dims.data(), Shown::rank}, (detail::parameter_count(x) + ... + 0), multiply_adds},
      before);
}

template <class Backend, class T, class S, class Layout, class Producer>
template <class Operation, class... X>
TENON_COLD auto Value<Backend, T, S, Layout, Producer>::append(const Operation& operation, const X&... x) const {
  using R = decltype(Operation::output_shape(shape_of_t<X>{}...));
  if constexpr (is_rejection<R>) {
    report(R{});
    return Rejected{};
  } else if constexpr (!can_plan<Backend, Operation>) {
    static_assert(can_plan<Backend, Operation>, "this operation has no place in a compiled net");
    return Rejected{};
  } else {
    const ParametersOf<X...> parameters(x...);
    const int before = graph_->operations();
    const auto result =
        detail::Append<parameters.number_of_operands>::template run<Backend>(*graph_, operation, parameters, x...);
    note<Operation, R>(*graph_, before, detail::multiply_adds<Operation, shape_of_t<X>...>(), x...);
    return result;
  }
}

// ---- from types alone

namespace detail {
template <class Backend, class M>
constexpr bool is_planned_by_type();
template <class Backend, class... M>
constexpr bool are_planned_by_type(nn::Children<M...>) {
  return (is_planned_by_type<Backend, M>() && ...);
}
template <class Backend, class M>
constexpr bool is_planned_by_type() {
  if constexpr (requires { typename M::operation; })
    return can_plan<Backend, typename M::operation>;
  else if constexpr (requires { typename M::children_types; })
    return are_planned_by_type<Backend>(typename M::children_types{});
  else
    return false;
}
}  // namespace detail
/// Whether the plan of a module follows from its type, as that of layers and of containers of them. A user's `forward`
/// has to be called instead.
template <class Backend, class M>
inline constexpr bool planned_by_type = detail::is_planned_by_type<Backend, M>();

/// Appends the stages of a module of type `M`, whose tensors are unknown.
template <class M, class... X>
constexpr auto append_by_type(const X&... x);

namespace detail {
/// The functions by which a container composes its children where only their types are known.
template <class Children>
struct ComposeTypes;
template <class... M>
struct ComposeTypes<nn::Children<M...>> {
  template <std::size_t I, class X>
  static constexpr auto child(const X& x) {
    return append_by_type<std::tuple_element_t<I, std::tuple<M...>>>(x);
  }
  template <class Operation, class... X>
  static constexpr auto apply(const Operation& operation, const X&... x) {
    return nn::detail::unique_result(Rule<Operation>::append(operation, {}, x...));
  }
  template <class X>
  static constexpr auto several(const X& x) {
    return x.closed();
  }
};
}  // namespace detail

template <class M, class... X>
constexpr auto append_by_type(const X&... x) {
  if constexpr (requires { typename M::operation; })
    return nn::detail::made_of(Rule<typename M::operation>::append(typename M::operation{}, {}, x...), x...);
  else
    return M::compose(detail::ComposeTypes<typename M::children_types>{}, x...);
}

// ---- whole models

/// The value that stands for a net's input of type `Input`.
template <class Backend, class Input>
using input_t = Value<Backend, typename Input::value_type, shape_of_t<Input>>;

namespace detail {
/// Returns an edge that holds `x` in plain layout and that no other result, input, constant or tensor shares.
template <class X>
constexpr int result_edge(const X& x, const List<int>& others) {
  const auto result = in_layout<Plain>(x);
  const bool is_free = result.graph().can_be_placed(result.edge()) &&
                       std::find(others.begin(), others.end(), result.edge()) == others.end();
  if (is_free) return result.edge();
  using Copy = map_t<std::remove_const_t<decltype(result)>>;
  return append_stage<Copy, typename X::static_shape>({}, {}, result).read();
}
}  // namespace detail

/// Completes the plan of a traced net, whose result is one value or a std::tuple of values.
template <class Result>
constexpr Plan finish(Graph& graph, const Result& result) {
  Plan plan;
  const auto append = [&](const auto&... x) { (plan.results.push_back(detail::result_edge(x, plan.results)), ...); };
  if constexpr (tenon::detail::is_symbolic<Result>)
    append(result);
  else
    std::apply(append, result);
  plan.stages = graph.stages(plan.results);
  plan.memory = plan_memory(graph, plan.stages.list, plan.results);
  return plan;
}

/// Appends the net's inputs, and returns `use` of their values.
template <class Backend, class... Inputs, class Use>
constexpr auto with_inputs(Graph& graph, const Use& use) {
  (void)(graph.append_input(detail::type_of<input_t<Backend, Inputs>>()), ...);
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return use(input_t<Backend, Inputs>(graph, static_cast<int>(I))...);
  }(std::index_sequence_for<Inputs...>{});
}

template <class Backend, class Model, class... Inputs>
constexpr Plan plan_by_type() {
  Graph graph;
  return finish(graph,
                with_inputs<Backend, Inputs...>(graph, [](const auto&... x) { return append_by_type<Model>(x...); }));
}

}  // namespace tenon::inline TENON_ISA::plan
