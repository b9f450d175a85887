/// \file
/// The rules by which operations follow time: what they make of a piece of a sequence, and where time is in that.
///
/// Every rule keeps one promise: the pieces of its result, one behind the other, are what the operation makes of the
/// whole sequence with as many zeros before it as its first windows reach back.
#pragma once

#include "../nn/views.hpp"
#include "separate.hpp"
#include "time_windows.hpp"

namespace tenon::inline TENON_ISA::plan {

// ---- operations for which each position of time is a case of its own

template <class Operation>
  requires(!has_time_windows<Operation> && requires { sizeof(Separate<Operation>); })
struct TimeRule<Operation> {
  template <class S>
  static constexpr int axis(int time) {
    return Separate<Operation>::template along<S>(time) ? time : no_time;
  }
  template <class... X>
  static auto append(const Operation& operation, const X&... x) {
    return detail::append_along<TimeRule>(operation, x...);
  }
};

// ---- operations that only move elements

template <class Operation>
  requires(Operation::keeps_elements)
struct TimeRule<Operation> {
  /// The axis of the result that has as many elements before it and as many steps.
  template <class S>
  static constexpr int axis(int time) {
    using R = decltype(Operation::output_shape(S{}));
    if constexpr (is_rejection<R>) {
      return time;  // which is said elsewhere
    } else {
      index_t before = 1, elements = 1;
      for (int a = 0; a < time; ++a) before *= S::dims[static_cast<std::size_t>(a)];
      for (std::size_t a = 0; a < R::rank; elements *= R::dims[a++])
        if (elements == before && R::dims[a] == S::dims[static_cast<std::size_t>(time)]) return static_cast<int>(a);
      return no_time;
    }
  }
  template <class X>
  static auto append(const Operation& operation, const X& x) {
    return detail::append_along<TimeRule>(operation, x);
  }
};

template <int Dim>
struct TimeRule<operation::SelectAlong<Dim>> {
  template <class S>
  static constexpr int axis(int time) {
    return Dim == time ? no_time : Dim < time ? time - 1 : time;
  }
  template <class X>
  static auto append(const operation::SelectAlong<Dim>& select, const X& x) {
    return detail::append_along<TimeRule>(select, x);
  }
};

template <int... Axes>
struct TimeRule<operation::Permute<Axes...>> {
  template <class S>
  static constexpr int axis(int time) {
    constexpr std::array<int, sizeof...(Axes)> from{Axes...};
    return static_cast<int>(std::find(from.begin(), from.end(), time) - from.begin());
  }
  template <class X>
  static auto append(const operation::Permute<Axes...>& permute, const X& x) {
    return detail::append_along<TimeRule>(permute, x);
  }
};

template <int Dim, index_t Start, index_t Count, index_t Step>
struct TimeRule<operation::Slice<Dim, Start, Count, Step>> {
  template <class S>
  static constexpr int axis(int time) {
    return Dim == time ? no_time : time;
  }
  template <class X>
  static auto append(const operation::Slice<Dim, Start, Count, Step>& slice, const X& x) {
    return detail::append_along<TimeRule>(slice, x);
  }
};

/// Along time, what leaves out only the oldest elements leaves out none of a stream, where all of them are followed by
/// others: that is how models crop what goes beside convolutions without padding.
template <int Dim, index_t Start, index_t Length>
struct TimeRule<operation::Narrow<Dim, Start, Length>> {
  using Operation = operation::Narrow<Dim, Start, Length>;
  template <class S>
  static constexpr int axis(int time) {
    return time;
  }
  template <class X>
  static auto append(const Operation& narrow, const X& x) {
    if constexpr (X::axis != Dim) {
      return detail::append_along<TimeRule>(narrow, x);
    } else if constexpr (X::padding > 0) {
      return detail::reject_padding<Operation, X>();
    } else if constexpr (Start < 0 || Start + Length != X::extent) {
      TENON_REJECT(
          "compile_stream: narrow along time may leave out the oldest elements, and no others; operation and piece",
          Operation, detail::piece_tensor_t<X>);
      return Rejected{};
    } else {
      return x;
    }
  }
};

template <int Dim>
struct TimeRule<operation::Cat<Dim>> {
  template <class S>
  static constexpr int axis(int time) {
    return operation::Cat<Dim>::template axis<S::rank> == time ? no_time : time;
  }
  template <class... X>
  static auto append(const operation::Cat<Dim>& cat, const X&... x) {
    return detail::append_along<TimeRule>(cat, x...);
  }
};

template <>
struct TimeRule<operation::MatrixProduct> {
  template <class A, class B>
  static auto append(const operation::MatrixProduct& product, const A& a, const B& b) {
    if constexpr (detail::is_padded<A>)
      return detail::reject_padding<operation::MatrixProduct, A>();
    else if constexpr (detail::time_axis<B> != no_time || detail::time_axis<A> > 0)
      return detail::reject_mixing<operation::MatrixProduct, std::conditional_t<is_timed<A>, A, B>>();
    else
      return detail::append_piece<detail::time_axis<A>>(product, a, b);
  }
};

// ---- recurrent layers

template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct TimeRule<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> {
  using Operation = operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>;
  static constexpr int wanted = std::is_same_v<Order, operation::BatchFirst> ? 1 : 0;

  template <class X, class H, class C, class... W>
  static auto append(const Operation&, const X& x, const H&, const C&, const W&... weights) {
    using S = shape_of_t<X>;
    using R = decltype(Operation::output_shape(S{}));
    if constexpr (is_rejection<R>) {
      report(R{});
      return Rejected{};
    } else if constexpr (!std::is_same_v<H, Absent> || !std::is_same_v<C, Absent>) {
      TENON_REJECT(
          "compile_stream: a recurrent layer is given its states, which a stream keeps itself, as zeros at first; "
          "layer and piece",
          Shown, detail::piece_tensor_t<X>);
      return Rejected{};
    } else if constexpr (Reverse) {
      return detail::reject_looking_ahead<Operation, X>();
    } else if constexpr (!detail::has_time_at<X>(wanted)) {
      return detail::reject_axis<Operation, X>();
    } else if constexpr (X::padding > 0) {
      return detail::reject_padding<Operation, X>();
    } else {
      Graph& graph = x.graph();
      const int before = graph.operations();
      const Absent left_out;
      auto results = append_operation<detail::timed_kernel_t<Operation, X>, Operation>(
          ParametersOf<Absent, Absent, W...>(left_out, left_out, weights...), x.piece());
      note<Operation, R>(graph, before, Operation::multiply_adds(S{}), weights...);
      return std::apply(
          [](const auto& y, const auto&... last) {
            return std::tuple{detail::with_time<wanted>(y), detail::with_time<no_time>(last)...};
          },
          results);
    }
  }
};

}  // namespace tenon::inline TENON_ISA::plan
