/// \file
/// The rules of operations that only move elements: cat, parts such as x[i], and reshapes are places in memory wherever
/// they can be.
#pragma once

#include "rules.hpp"

namespace tenon::inline TENON_ISA::plan {

/// The rule of cat: an operand that is contiguous in the result is placed there from the start, any other is copied.
template <int Dim>
struct Rule<operation::Cat<Dim>> : NeutralRule {
  using Operation = operation::Cat<Dim>;

  template <class First, class... Rest>
  static constexpr auto append(const Operation&, Parameters, const First& first, const Rest&... rest) {
    using S = decltype(Operation::output_shape(typename First::static_shape{}, typename Rest::static_shape{}...));
    using L = std::conditional_t<stays_blocked<First, Rest...>, Blocked, Plain>;
    using Result = Value<typename First::backend, typename First::value_type, S, L>;
    const Result result(first.graph(), first.graph().append_edge(detail::type_of<Result>()));
    put<0>(result, first, rest...);
    return result;
  }

 private:
  template <class X>
  static constexpr index_t lanes = X::backend::template lanes<typename X::value_type>;
  /// Whether blocked images lie one behind the other in the blocked result: all but the last fill whole vectors of
  /// channels.
  template <class... X>
  static constexpr bool stays_blocked = [] {
    std::size_t left = sizeof...(X);
    bool whole = ((Operation::template axis<X::static_shape::rank> == 1) && ...);
    ((whole = whole && (--left == 0 || X::static_shape::dims[1] % lanes<X> == 0)), ...);
    return whole && (is_blocked<typename X::layout> || ...);
  }();

  template <index_t At, class Result, class X, class... Rest>
  static constexpr void put(const Result& result, const X& x, const Rest&... rest) {
    using T = typename X::value_type;
    using S = typename Result::static_shape;
    using L = typename Result::layout;
    constexpr index_t rows = is_blocked<L> ? S::dims[0] : S::size / Operation::template row<S>;
    constexpr index_t row = elements_in<lanes<X>, typename X::static_shape, L> / rows;
    constexpr index_t pitch = elements_in<lanes<X>, S, L> / rows;
    constexpr std::size_t offset = static_cast<std::size_t>(At) * sizeof(T);
    Graph& graph = result.graph();
    const int part = in_layout<L>(x).edge();
    if (rows == 1 && offset % memory::alignment == 0 && graph.can_be_placed(part))
      graph.place(part, result.edge(), offset);
    else
      graph.append_to(stage_on<CopyRowsKernel<typename X::backend, T, rows, row, pitch, At>>(graph, {}, {part}),
                      {result.edge()});
    if constexpr (sizeof...(Rest) > 0) put<At + row>(result, rest...);
  }
};

/// The rule of x[i], narrow, select, slice and permute: elements that lie side by side are a part of the edge, copied
/// only where they do not start at an aligned address; others are gathered by a stage.
template <class Operation>
  requires(Operation::picks_elements)
struct Rule<Operation> : NeutralRule {
  template <class X>
  static constexpr auto append(const Operation& operation, Parameters, const X& x) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Result = Value<typename X::backend, T, decltype(Operation::output_shape(S{}))>;
    constexpr bool is_contiguous = tenon::operation::joined_view<Operation, S>.is_contiguous();
    constexpr bool picks_all = Result::static_shape::size == S::size;
    const index_t first = operation.view(S{}).offset;
    if constexpr (is_contiguous && std::is_same_v<typename Result::static_shape, S>) {
      return x;
    } else if constexpr (is_contiguous && picks_all) {
      return Result(x.graph(), in_layout<Plain>(x).edge());
    } else if constexpr (is_contiguous) {
      constexpr EdgeType type = detail::type_of<Result>();
      const std::size_t offset = static_cast<std::size_t>(first) * sizeof(T);
      Graph& graph = x.graph();
      const int whole = in_layout<Plain>(x).edge();
      const int edge = graph.append_edge(type);
      graph.place(edge, whole, offset);
      if (offset % memory::alignment == 0) return Result(graph, edge);
      return append_stage<map_t<Result>, typename Result::static_shape>({}, {}, Result(graph, edge)).closed();
    } else {
      using Kernel = GatherKernel<typename X::backend, T, Operation, S>;
      return append_stage<Kernel, typename Result::static_shape>({}, {static_cast<double>(first), 0},
                                                                 in_layout<Plain>(x));
    }
  }
};

/// The rule of reshapes: the result has the same elements, and is the same edge where they lie in the same order.
template <class Operation>
  requires(Operation::keeps_elements)
struct Rule<Operation> : NeutralRule {
  template <class X>
  static constexpr auto append(const Operation&, Parameters, const X& x) {
    using S = typename X::static_shape;
    using Result = decltype(Operation::output_shape(S{}));
    if constexpr (std::is_same_v<Result, S>) {
      return x;
    } else if constexpr (is_blocked<typename X::layout> && Result::rank == 2 && Result::dims[0] == S::dims[0]) {
      using Layout = FlattenedBlocked<Image<S>::channels, Image<S>::pixels>;
      return Value<typename X::backend, typename X::value_type, Result, Layout>(x.graph(), x.read());
    } else {
      return Value<typename X::backend, typename X::value_type, Result>(x.graph(), in_layout<Plain>(x).edge());
    }
  }
};

}  // namespace tenon::inline TENON_ISA::plan
