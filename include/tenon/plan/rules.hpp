/// \file
/// The rules by which operations enter a plan, written once for all backends, which add only the kernels of stages.
#pragma once

#include "../nn/containers.hpp"
#include "../nn/dropout.hpp"
#include "../nn/group_norm.hpp"
#include "../nn/normalization.hpp"
#include "../nn/pooling.hpp"
#include "maps.hpp"

namespace tenon::inline TENON_ISA::plan {

// ---- stages

/// Returns a stage of `Kernel` on the edges `inputs`.
template <class Kernel>
TENON_COLD constexpr Stage stage_on(Graph& graph, Parameters parameters, std::initializer_list<int> inputs) {
  Stage stage;
  stage.kernel = &info_of<Kernel>;
  stage.inputs = graph.range(inputs);
  if constexpr (Kernel::packed_bytes > 0) stage.parameters = graph.parameters(parameters);
  if constexpr (!Kernel::takes_functions) stage.run = &Kernel::run;
  return stage;
}

/// The producer of a value that a stage of `Kernel` makes: Open if the stage can take in operations that follow.
template <class Kernel, class Function = pointwise::Identity>
using producer_t =
    std::conditional_t<Kernel::takes_functions, Open<Kernel, Function, (Kernel::folds_channels > 0)>, Closed>;

/// Appends a stage of `Kernel` on the values `x`, as they lie, whose result is one tensor.
template <class Kernel, class Result, class Function = pointwise::Identity, class First, class... Rest>
constexpr auto append_stage(Parameters parameters, const std::array<double, 2>& numbers, const First& first,
                            const Rest&... rest) {
  using Backend = typename First::backend;
  using T = typename First::value_type;
  Graph& graph = first.graph();
  Stage stage = stage_on<Kernel>(graph, parameters, {first.read(), rest.read()...});
  stage.numbers = numbers;
  const int edge = graph.append(stage, edge_type<Backend, T, Result, typename Kernel::writes>());
  return Value<Backend, T, Result, typename Kernel::writes, producer_t<Kernel, Function>>(graph, edge);
}

namespace detail {
template <class X>
constexpr EdgeType type_of() {
  return edge_type<typename X::backend, typename X::value_type, typename X::static_shape, typename X::layout>();
}
/// The kernel that converts `X` to layout `To`.
template <class To, class X>
using conversion_t =
    typename X::backend::template conversion<typename X::value_type, typename X::static_shape, typename X::layout, To>;
}  // namespace detail

/// Returns `x` in layout `Layout`, converted by a stage of its own where it lies in another.
template <class Layout, class X>
constexpr auto in_layout(const X& x) {
  if constexpr (std::is_same_v<Layout, typename X::layout>)
    return x.closed();
  else if constexpr (is_plain<Layout> || is_plain<typename X::layout>)
    return append_stage<detail::conversion_t<Layout, X>, typename X::static_shape>({}, {}, x);
  else
    return in_layout<Layout>(in_layout<Plain>(x));
}

namespace detail {
/// Returns what the shape rule gives for the operands alone. The second operand of a fractional pooling is left out.
template <class Operation, class... S>
constexpr auto result_shape(S... shape) {
  if constexpr (requires { Operation::output_shape(shape...); })
    return Operation::output_shape(shape...);
  else
    return Operation::output_shape(shape..., Absent{});
}

template <class Operation, class T, class S>
struct Outputs {  // one
  static constexpr std::size_t count = 1;
  template <std::size_t>
  using element = typename autograd::result_element<Operation, 0, T>::type;
  template <std::size_t>
  using shape = S;
};
template <class Operation, class T, class... S>
struct Outputs<Operation, T, Shapes<S...>> {
  static constexpr std::size_t count = sizeof...(S);
  template <std::size_t I>
  using element = typename autograd::result_element<Operation, I, T>::type;
  template <std::size_t I>
  using shape = std::tuple_element_t<I, std::tuple<S...>>;
};

template <class Backend, class Operation, class Kernel, class Outputs, std::size_t... I>
constexpr auto append_outputs(Graph& graph, const Stage& stage, std::index_sequence<I...>) {
  using Layout = typename Kernel::writes;
  const int edges[]{graph.append_edge(
      edge_type<Backend, typename Outputs::template element<I>, typename Outputs::template shape<I>, Layout>())...};
  graph.append_to(stage, {edges[I]...});
  return std::tuple{Value<Backend, typename Outputs::template element<I>, typename Outputs::template shape<I>, Layout>(
      graph, edges[I])...};
}
}  // namespace detail

/// Appends a stage of `Kernel` that computes `Operation` on values that lie as it reads them.
template <class Kernel, class Operation, class First, class... Rest>
constexpr auto append_in_layout(Parameters parameters, const First& first, const Rest&... rest) {
  using Backend = typename First::backend;
  using T = typename First::value_type;
  using S = decltype(detail::result_shape<Operation>(typename First::static_shape{}, typename Rest::static_shape{}...));
  using Outputs = detail::Outputs<Operation, T, S>;
  Graph& graph = first.graph();
  const Stage stage = stage_on<Kernel>(graph, parameters, {first.edge(), rest.edge()...});
  if constexpr (Outputs::count > 1) {
    return detail::append_outputs<Backend, Operation, Kernel, Outputs>(graph, stage,
                                                                       std::make_index_sequence<Outputs::count>{});
  } else {
    using Result =
        Value<Backend, typename Outputs::template element<0>, S, typename Kernel::writes, producer_t<Kernel>>;
    return Result(graph, graph.append(stage, detail::type_of<Result>()));
  }
}
/// Appends a stage of `Kernel` that computes `Operation` on `x`, converted to the layout that it reads.
template <class Kernel, class Operation, class... X>
constexpr auto append_operation(Parameters parameters, const X&... x) {
  return append_in_layout<Kernel, Operation>(parameters, in_layout<typename Kernel::reads>(x)...);
}

/// The rule of any operation: it becomes a stage of the kernel that the backend has for it.
template <class Operation>
struct Rule {
  template <class Backend>
  static constexpr bool exists = requires { sizeof(typename Backend::template stage<Operation>); };

  template <class First, class... Rest>
  static constexpr auto append(const Operation&, Parameters parameters, const First& first, const Rest&... rest) {
    using Kernels = typename First::backend::template stage<Operation>;
    constexpr bool computes_operands = requires {
      typename Kernels::template kernel<with_producer_t<First, Closed>, with_producer_t<Rest, Closed>...>;
    };
    if constexpr (computes_operands) {
      using Kernel =
          typename Kernels::template kernel<with_producer_t<First, Closed>, with_producer_t<Rest, Closed>...>;
      return append_operation<Kernel, Operation>(parameters, first, rest...);
    } else {
      static_assert(
          computes_operands,
          "a compiled net does not compute this operation on such operands: what a layer has as a parameter is "
          "none of them, and a fractional pooling draws its samples");
      return Rejected{};
    }
  }
};

/// The base of the rules that need only a backend's kernels for maps.
struct NeutralRule {
  template <class Backend>
  static constexpr bool exists = true;
};

template <class Backend, class Operation>
inline constexpr bool can_plan = Rule<Operation>::template exists<Backend>;

// ---- operations that the stage before may take in

namespace detail {
template <class Producer>
struct Host {
  static constexpr bool unique = false, foldable = false, adds = false, pools = false;
  using function = void;
};
template <class K, class Function, bool Foldable, bool Unique>
struct Host<Open<K, Function, Foldable, Unique>> {
  using kernel = K;
  using function = Function;
  static constexpr bool unique = Unique, foldable = Foldable, adds = K::adds, pools = true;
};
template <class K, class First, class Second, bool Foldable, bool Unique>
struct Host<Open<K, AddThen<First, Second>, Foldable, Unique>> {
  using kernel = K;
  using function = AddThen<First, Second>;
  // It has its second operand already, which has the shape of the sum: neither another one nor a pooling can follow.
  static constexpr bool unique = Unique, foldable = false, adds = false, pools = false;
};
template <class X>
using host_t = Host<typename X::producer>;

/// Appends an operation on `x`: the stage that makes `x` takes it in, as `merged`, if nothing else reads `x`; else
/// `alone` becomes a stage. `alone` must have its function where `x` may have other readers.
template <class X>
constexpr int merge(const X& x, const Stage& alone, const Stage& merged, const EdgeType& type) {
  if constexpr (!host_t<X>::unique)
    if (x.graph().is_read(x.edge())) x.read();
  return x.graph().append_merged(x.edge(), alone, merged, type);
}
}  // namespace detail

/// The rule of a pointwise function: the stage before takes it in, or it is a stage.
template <class Function>
struct Rule<operation::Pointwise<Function>> : NeutralRule {
  template <class X>
  static constexpr auto append(const operation::Pointwise<Function>&, Parameters, const X& x) {
    using Map = map_t<X>;
    if constexpr (std::is_same_v<Function, pointwise::Identity>) {
      return x;
    } else if constexpr (is_open<typename X::producer>) {
      using Host = detail::host_t<X>;
      using Both = behind_t<typename Host::function, Function>;
      Stage alone = stage_on<Map>(x.graph(), {}, {x.edge()});
      if constexpr (!Host::unique) alone.run = &Map::template run<Function>;
      const int edge = detail::merge(x, alone, x.graph().open_stage(x.edge()), detail::type_of<X>());
      return with_producer_t<X, Open<typename Host::kernel, Both, false>>(x.graph(), edge);
    } else {
      return append_stage<Map, typename X::static_shape, Function>({}, {}, x);
    }
  }
};

/// The rule of a batch normalization: it vanishes into the weights of the stage before if that has its channels.
template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Rule<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> {
  using Operation = operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>;
  template <class Backend>
  static constexpr bool exists = true;

  template <class X>
  static constexpr auto append(const Operation& norm, Parameters parameters, const X& x) {
    using Host = detail::host_t<X>;
    if constexpr (Host::foldable) {
      if constexpr (Host::kernel::folds_channels == Channels) {
        using Alone = typename X::backend::template stage<Operation>::template kernel<with_producer_t<X, Closed>>;
        Stage alone = stage_on<Alone>(x.graph(), {}, {x.edge()});
        if constexpr (!Host::unique) alone.run = &Alone::template run<pointwise::Identity>;
        Stage merged = x.graph().open_stage(x.edge());
        alone.normalization = merged.normalization = parts_of(x.graph(), norm, parameters);
        alone.eps = merged.eps = Eps;
        const int edge = detail::merge(x, alone, merged, detail::type_of<X>());
        return with_producer_t<X, Open<typename Host::kernel, pointwise::Identity, false>>(x.graph(), edge);
      } else {
        return append(norm, parameters, x.closed());
      }
    } else {
      using Kernel = typename X::backend::template stage<Operation>::template kernel<with_producer_t<X, Closed>>;
      const auto from = in_layout<typename Kernel::reads>(x);
      Stage stage = stage_on<Kernel>(x.graph(), {}, {from.edge()});
      stage.normalization = parts_of(x.graph(), norm, parameters);
      stage.eps = Eps;
      using Result =
          with_producer_t<decltype(in_layout<typename Kernel::writes>(x)), Open<Kernel, pointwise::Identity, false>>;
      return Result(x.graph(), x.graph().append(stage, detail::type_of<Result>()));
    }
  }

 private:
  static constexpr Range parts_of(Graph& graph, const Operation& norm, Parameters parameters) {
    if (parameters.count == 0) return {};
    const void* const parts[]{parameters.first[0], parameters.first[1], std::as_const(*norm.running_mean).data(),
                              std::as_const(*norm.running_var).data()};
    return graph.parameters({parts, 4});
  }
};

/// An instance normalization by running statistics is, in evaluation mode, a batch normalization.
template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Rule<operation::TrackingInstanceNorm<Rank, Channels, Eps, Momentum, Statistics>>
    : Rule<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> {};

/// The layout in which two values are combined: the first one's if it is blocked or also the second one's, else plain.
template <class A, class B>
using common_layout_t =
    std::conditional_t<is_blocked<typename A::layout> || std::is_same_v<typename A::layout, typename B::layout>,
                       typename A::layout, Plain>;

/// The layout in which quotients are computed: none with padding, where they would not be finite, although a Linear
/// behind them multiplies the padding by zero.
template <class X, class Layout = typename X::layout>
using quotient_layout_t = std::conditional_t<elements_in<X::backend::template lanes<typename X::value_type>,
                                                         typename X::static_shape, Layout> == X::static_shape::size,
                                             Layout, Plain>;

/// The rule of a + b, a - b, a * b and a / b. The stage that makes an operand of a sum may take it in.
template <class Operation>
  requires requires { typename Operation::combines_by; }
struct Rule<Operation> : NeutralRule {
  template <class A, class B>
  static constexpr auto append(const Operation&, Parameters, const A& a, const B& b) {
    using Combine = typename Operation::combines_by;
    constexpr bool is_sum = std::is_same_v<Combine, pointwise::Plus>;
    if constexpr (is_sum && detail::host_t<A>::adds && (detail::host_t<A>::unique || !detail::host_t<B>::unique)) {
      return append_sum(a, b);
    } else if constexpr (is_sum && detail::host_t<B>::adds) {
      return append_sum(b, a);
    } else {
      using Common = common_layout_t<A, B>;
      using L = std::conditional_t<std::is_same_v<Combine, pointwise::Quotient>, quotient_layout_t<A, Common>, Common>;
      return append_elementwise(in_layout<L>(a), in_layout<L>(b));
    }
  }

 private:
  template <class A, class B>
  static constexpr auto append_elementwise(const A& a, const B& b) {
    return append_stage<combine_map_t<A, typename Operation::combines_by>, typename A::static_shape>({}, {}, a, b);
  }
  /// Appends a sum: the stage that makes `sum` also adds `operand`, if nothing else reads `sum`.
  template <class A, class B>
  static constexpr auto append_sum(const A& sum, const B& operand) {
    using Host = detail::host_t<A>;
    using Alone = combine_map_t<A, typename Operation::combines_by>;
    Graph& graph = sum.graph();
    const int added = in_layout<typename A::layout>(operand).edge();
    Stage alone = stage_on<Alone>(graph, {}, {sum.edge(), added});
    if constexpr (!Host::unique) alone.run = &Alone::template run<pointwise::Identity>;
    Stage merged = graph.open_stage(sum.edge());
    merged.inputs = graph.range({graph.ports(merged.inputs)[0], added});
    const int edge = detail::merge(sum, alone, merged, detail::type_of<A>());
    return with_producer_t<A,
                           Open<typename Host::kernel, AddThen<typename Host::function, pointwise::Identity>, false>>(
        graph, edge);
  }
};

/// The rule of scale * x + shift.
template <>
struct Rule<operation::Affine> : NeutralRule {
  template <class X>
  static constexpr auto append(const operation::Affine& affine, Parameters, const X& x) {
    return append_stage<affine_map_t<X>, typename X::static_shape>({}, {affine.scale, affine.shift}, x);
  }
};

/// The rule of x / number and of number / x.
template <operation::TakesNumber Operation>
struct Rule<Operation> : NeutralRule {
  template <class X>
  static constexpr auto append(const Operation& operation, Parameters, const X& x) {
    const auto from = in_layout<quotient_layout_t<X>>(x);
    using Kernel = number_map_t<std::remove_const_t<decltype(from)>, Operation>;
    return append_stage<Kernel, typename X::static_shape>({}, {operation.number, 0}, from);
  }
};

/// The rule of dropouts, which do nothing in evaluation mode.
template <class Operation>
  requires operation::AnyDropout<Operation>
struct Rule<Operation> : NeutralRule {
  template <class X>
  static constexpr X append(const Operation&, Parameters, const X& x) {
    return x;
  }
};

/// The rule of a pooling: the stage before takes it in if its kernel has a `pooled` one that computes both; else it is
/// a stage.
template <class Shown, class Windows, class Function>
struct Rule<operation::Pool<Shown, Windows, Function, false>> {
  using Operation = operation::Pool<Shown, Windows, Function, false>;
  template <class Backend>
  static constexpr bool exists = true;

  template <class X>
  static constexpr auto append(const Operation&, Parameters, const X& x) {
    using Host = detail::host_t<X>;
    using Alone = typename X::backend::template stage<Operation>::template kernel<with_producer_t<X, Closed>>;
    if constexpr (Host::pools && requires { typename Host::kernel::template pooled<Windows, Function>; }) {
      using Merged = typename Host::kernel::template pooled<Windows, Function>;
      using Result = Value<typename X::backend, typename X::value_type,
                           decltype(Operation::output_shape(typename X::static_shape{})), typename Merged::writes>;
      static_assert(std::is_same_v<typename Merged::writes, typename Alone::writes> &&
                    std::is_same_v<typename X::layout, typename Alone::reads>);
      const Stage alone = stage_on<Alone>(x.graph(), {}, {x.edge()});
      Stage merged = x.graph().open_stage(x.edge());
      merged.kernel = &info_of<Merged>;
      merged.run = &Merged::template run<typename Host::function>;
      return Result(x.graph(), detail::merge(x, alone, merged, detail::type_of<Result>()));
    } else {
      return append_operation<Alone, Operation>({}, x);
    }
  }
};

}  // namespace tenon::inline TENON_ISA::plan
