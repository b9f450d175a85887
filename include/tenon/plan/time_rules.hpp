/// \file
/// The rules by which operations follow time: what they make of a piece of a sequence, and where time is in that.
///
/// Every rule keeps one promise: the pieces of its result, one behind the other, are what the operation makes of the
/// whole sequence with as many zeros before it as its first windows reach back.
#pragma once

#include "../nn/conv.hpp"
#include "../nn/conv_transpose.hpp"
#include "../nn/embedding.hpp"
#include "../nn/group_norm.hpp"
#include "../nn/linear.hpp"
#include "../nn/padding.hpp"
#include "../nn/recurrence.hpp"
#include "../nn/softmax.hpp"
#include "../nn/views.hpp"
#include "../nn/vision.hpp"
#include "time.hpp"

namespace tenon::inline TENON_ISA::plan {

// ---- operations for which each position along an axis is a case of its own

/// Whether `Operation` makes each position of its result along an axis of its first operand, of shape `S`, of that
/// position alone, and all of them in the same way: `along<S>(axis)`. The axis is the result's as well. Not
/// specialised: never.
template <class Operation>
struct Separate;

struct SeparateEverywhere {
  template <class S>
  static constexpr bool along(int) {
    return true;
  }
};
/// Separate but along the axis of channels.
struct SeparateByChannel {
  template <class S>
  static constexpr bool along(int axis) {
    return axis != 1;
  }
};
/// Separate by sample alone, along the first axis.
struct SeparateBySample {
  template <class S>
  static constexpr bool along(int axis) {
    return axis == 0;
  }
};

template <class Function>
struct Separate<operation::Pointwise<Function>> : SeparateEverywhere {};
template <class Operation>
  requires requires { typename Operation::combines_by; }
struct Separate<Operation> : SeparateEverywhere {};
template <operation::TakesNumbers Operation>
struct Separate<Operation> : SeparateEverywhere {};
template <operation::AnyDropout Operation>
struct Separate<Operation> : SeparateEverywhere {};
template <class T, index_t Num, index_t Dim, index_t Padding, double MaxNorm, double NormType, bool Scale>
struct Separate<operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, Scale>> : SeparateEverywhere {};
template <index_t Parameters>
struct Separate<operation::PReLU<Parameters>>
    : std::conditional_t<Parameters == 1, SeparateEverywhere, SeparateByChannel> {};
template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Separate<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> : SeparateByChannel {};
template <index_t In, index_t Out>
struct Separate<operation::Linear<In, Out>> {
  template <class S>
  static constexpr bool along(int axis) {
    return axis != int{S::rank} - 1;
  }
};
template <index_t... N, double Eps>
struct Separate<operation::LayerNorm<Shape<N...>, Eps>> {
  template <class S>
  static constexpr bool along(int axis) {
    return axis < int{S::rank} - int{sizeof...(N)};
  }
};
template <operation::AnySoftmax Operation>
struct Separate<Operation> {
  template <class S>
  static constexpr bool along(int axis) {
    return axis != Operation::template axis<S::rank>;
  }
};
template <index_t Groups, index_t Channels, double Eps>
struct Separate<operation::GroupNorm<Groups, Channels, Eps>> : SeparateBySample {};
template <int Rank, index_t Channels, double Eps>
struct Separate<operation::InstanceNorm<Rank, Channels, Eps>> : SeparateBySample {};
template <index_t Factor>
struct Separate<operation::PixelShuffle<Factor>> : SeparateBySample {};
template <class Operation>
  requires(Operation::resamples)
struct Separate<Operation> : SeparateBySample {};
template <int Rank, index_t In, index_t Out, class K, class St, class P, class D, index_t Groups>
struct Separate<operation::Conv<Rank, In, Out, K, St, P, D, Groups>> : SeparateBySample {};
template <int Rank, index_t In, index_t Out, class K, class St, class P, class OP, class D, index_t Groups>
struct Separate<operation::ConvTranspose<Rank, In, Out, K, St, P, OP, D, Groups>> : SeparateBySample {};
template <class Shown, class Windows, class Function, bool ReturnIndices>
struct Separate<operation::Pool<Shown, Windows, Function, ReturnIndices>> : SeparateBySample {};

namespace detail {

/// What errors call an operation.
template <class Operation>
struct ShownAs : std::type_identity<Operation> {};
template <class Operation>
  requires requires { typename Operation::shown; }
struct ShownAs<Operation> : std::type_identity<typename Operation::shown> {};
template <class Shown, class Windows, class Function, bool ReturnIndices>
struct ShownAs<operation::Pool<Shown, Windows, Function, ReturnIndices>> : std::type_identity<Shown> {};
template <class Kind, index_t... Sides>
struct ShownAs<operation::Pad<Kind, Sides...>> : std::type_identity<Kind> {};
template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct ShownAs<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> : std::type_identity<Shown> {};
template <class Operation>
using shown_t = typename ShownAs<Operation>::type;
template <class X>
using piece_tensor_t = tensor_of_t<typename X::value_type, shape_of_t<X>>;

// The complaints of rules: `X` is the piece that the operation was given.
template <class Operation, class X>
auto reject_mixing() {
  TENON_REJECT("compile_stream: a layer combines elements of different times, later ones among them; layer and piece",
               shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}
template <class Operation, class X>
auto reject_looking_ahead() {
  TENON_REJECT(
      "compile_stream: a layer looks ahead, since it pads on the right of time or runs backward; without padding, or "
      "behind ZeroPad1d<padding<L, 0>>, a convolution reads what was; layer and piece",
      shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}
template <class Operation, class X>
auto reject_axis() {
  TENON_REJECT(
      "compile_stream: a layer reads time along another axis than the stream's; compile_stream<nn::dim<A>, "
      "Blocks...>(model) says along which axis A of the blocks time runs; layer and piece",
      shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}
template <class Operation, class X>
auto reject_extent() {
  TENON_REJECT(
      "compile_stream: the stride of a layer does not divide the extent of its piece along time; layer and piece",
      shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}
template <class Operation, class X>
auto reject_padding() {
  TENON_REJECT(
      "compile_stream: ZeroPad1d along time stands right before a convolution that reaches as far back; layer that "
      "follows it and piece",
      shown_t<Operation>, piece_tensor_t<X>);
  return Rejected{};
}

/// The time of the operands of an operation.
template <class... X>
struct TimeOf {
  using First = std::remove_cvref_t<decltype(tenon::detail::first_symbolic(std::declval<const X&>()...))>;
  static constexpr int axis = (std::max)({time_axis<X>...});
  /// Whether all that are no layer's parameters have it along the same axis.
  static constexpr bool is_common = [] {
    bool common = true;
    const auto look = [&]<class A>(std::type_identity<A>) {
      if constexpr (is_timed<A>)
        common = common && is_same_axis<shape_of_t<A>>(A::axis, axis);
      else
        common = common && is_layer_parameter<A>;
    };
    (look(std::type_identity<X>{}), ...);
    return common;
  }();
};
template <class X>
inline constexpr bool is_padded = false;
template <class Inner, int Axis, index_t Padding>
inline constexpr bool is_padded<Timed<Inner, Axis, Padding>> = (Padding > 0);

/// Appends `operation` on `x...` as in a net, with the time of the result along `Axis`.
template <int Axis, class Operation, class... X>
auto append_piece(const Operation& operation, const X&... x) {
  return with_time<Axis>(tenon::detail::first_symbolic(piece_of(x)...).append(operation, piece_of(x)...));
}

/// Appends an operation whose result has time along `axis<S>`, a function of the shape and the axis of its operands; a
/// negative one is a complaint.
template <class Rule, class Operation, class... X>
auto append_along(const Operation& operation, const X&... x) {
  using Time = TimeOf<X...>;
  using First = typename Time::First;
  if constexpr ((is_padded<X> || ...)) {
    return reject_padding<Operation, First>();
  } else if constexpr (Time::axis == no_time) {
    return append_piece<no_time>(operation, x...);
  } else if constexpr (!Time::is_common) {
    TENON_REJECT(
        "compile_stream: an operand has no time, or along another axis: a tensor that is no input of the stream, or "
        "the last state of a layer; operation and piece",
        shown_t<Operation>, piece_tensor_t<First>);
    return Rejected{};
  } else {
    constexpr int axis = Rule::template axis<shape_of_t<First>>(Time::axis);
    if constexpr (axis < 0)
      return reject_mixing<Operation, First>();
    else
      return append_piece<axis>(operation, x...);
  }
}

}  // namespace detail

template <class Operation>
  requires requires { sizeof(Separate<Operation>); }
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

// ---- windows over time

/// The axis along which images (N, C, L) have time.
inline constexpr int image_time = 2;

template <index_t In, index_t Out, class K, class St, class P, class D, index_t Groups>
inline constexpr int reads_time_along<operation::Conv<1, In, Out, K, St, P, D, Groups>> = image_time;
template <index_t In, index_t Out, class K, class St, class P, class OP, class D, index_t Groups>
inline constexpr int reads_time_along<operation::ConvTranspose<1, In, Out, K, St, P, OP, D, Groups>> = image_time;
template <class Shown, class K, class St, class P, class D, bool Ceil, class Function, bool ReturnIndices>
inline constexpr int
    reads_time_along<operation::Pool<Shown, operation::SlidingWindows<1, K, St, P, D, Ceil>, Function, ReturnIndices>> =
        image_time;

/// The windows of a layer along time, as far as they reach back.
struct TimeWindows {
  index_t stride = 1;
  /// The elements before a piece that its results need.
  index_t older = 0;
};
/// The kernel of a convolution makes its first result of the first element of a piece and of what was before it.
constexpr TimeWindows convolution_windows(index_t kernel, index_t stride, index_t dilation) {
  return {stride, (kernel - 1) * dilation};
}
/// The windows of a pooling begin at multiples of its stride, as in the whole sequence, and end in the piece.
constexpr TimeWindows pooling_windows(index_t kernel, index_t stride, index_t dilation) {
  const index_t reach = (kernel - 1) * dilation + 1 - stride;
  return {stride, reach <= 0 ? 0 : (reach + stride - 1) / stride * stride};
}
/// A transposed convolution adds to as many results as its stride what older elements have left of their kernels.
constexpr TimeWindows transposed_windows(index_t kernel, index_t stride, index_t dilation) {
  const index_t reach = (kernel - 1) * dilation + 1 - stride;
  return {1, reach <= 0 ? 0 : (reach + stride - 1) / stride};
}

namespace detail {

/// The kernel of the backend for `Operation` on pieces like `X`.
template <class Operation, class X>
using timed_kernel_t = typename X::backend::template timed_stage<Operation>::template kernel<
    with_producer_t<typename X::piece_type, Closed>>;

/// Appends a stage of the windows of `Operation`, whose result has the shape `R`.
template <class Operation, class R, class X, class... P>
auto append_windows(index_t multiply_adds, const X& x, const P&... parameters) {
  using Kernel = timed_kernel_t<Operation, X>;
  Graph& graph = x.graph();
  const int before = graph.operations();
  const auto y =
      append_stage<Kernel, R>(ParametersOf<P...>(parameters...), {}, in_layout<typename Kernel::reads>(x.piece()));
  note<Operation, R>(graph, before, multiply_adds, parameters...);
  return with_time<image_time>(y);
}

}  // namespace detail

template <index_t In, index_t Out, class K, class St, class P, class D, index_t Groups>
struct TimeRule<operation::Conv<1, In, Out, K, St, P, D, Groups>> {
  using Operation = operation::Conv<1, In, Out, K, St, P, D, Groups>;
  static constexpr TimeWindows windows = convolution_windows(K::value[0], St::value[0], D::value[0]);

  template <class S>
  static constexpr int axis(int time) {
    return Separate<Operation>::template along<S>(time) ? time : no_time;
  }
  template <class X, class W, class B>
  static auto append(const Operation& conv, const X& x, const W& weight, const B& bias) {
    using S = shape_of_t<X>;
    if constexpr (X::axis == no_time || (S::rank == 3 && X::axis == 0 && !detail::has_time_at<X>(image_time))) {
      return detail::append_along<TimeRule>(conv, x, weight, bias);
    } else if constexpr (S::rank != 3 || S::dims[1] != In) {
      report(reject_t<typename Operation::shown, expected_input<any, In, any>, S>{});
      return Rejected{};
    } else if constexpr (!detail::has_time_at<X>(image_time)) {
      return detail::reject_axis<Operation, X>();
    } else if constexpr (P::value[0] > 0) {
      return detail::reject_looking_ahead<Operation, X>();
    } else if constexpr (X::padding > windows.older) {
      return detail::reject_padding<Operation, X>();
    } else if constexpr (X::extent % windows.stride != 0) {
      return detail::reject_extent<Operation, X>();
    } else if constexpr (windows.older == 0) {
      return detail::append_piece<image_time>(conv, x, weight, bias);
    } else {
      using R = Shape<S::dims[0], Out, X::extent / windows.stride>;
      return detail::append_windows<Operation, R>(R::size * (In / Groups) * K::value[0], x, weight, bias);
    }
  }
};

template <index_t In, index_t Out, class K, class St, class P, class OutputPadding, class D, index_t Groups>
struct TimeRule<operation::ConvTranspose<1, In, Out, K, St, P, OutputPadding, D, Groups>> {
  using Operation = operation::ConvTranspose<1, In, Out, K, St, P, OutputPadding, D, Groups>;

  template <class S>
  static constexpr int axis(int time) {
    return Separate<Operation>::template along<S>(time) ? time : no_time;
  }
  template <class X, class W, class B>
  static auto append(const Operation& conv, const X& x, const W& weight, const B& bias) {
    using S = shape_of_t<X>;
    if constexpr (X::axis == no_time || (S::rank == 3 && X::axis == 0 && !detail::has_time_at<X>(image_time))) {
      return detail::append_along<TimeRule>(conv, x, weight, bias);
    } else if constexpr (S::rank != 3 || S::dims[1] != In) {
      report(reject_t<typename Operation::shown, expected_input<any, In, any>, S>{});
      return Rejected{};
    } else if constexpr (!detail::has_time_at<X>(image_time)) {
      return detail::reject_axis<Operation, X>();
    } else if constexpr (P::value[0] > 0) {
      return detail::reject_looking_ahead<Operation, X>();
    } else if constexpr (X::padding > 0) {
      return detail::reject_padding<Operation, X>();
    } else {
      using R = Shape<S::dims[0], Out, X::extent * St::value[0]>;
      return detail::append_windows<Operation, R>(S::size * (Out / Groups) * K::value[0], x, weight, bias);
    }
  }
};

template <class Shown, class K, class St, class P, class D, bool Ceil, class Function>
struct TimeRule<operation::Pool<Shown, operation::SlidingWindows<1, K, St, P, D, Ceil>, Function, false>> {
  using Operation = operation::Pool<Shown, operation::SlidingWindows<1, K, St, P, D, Ceil>, Function, false>;
  static constexpr TimeWindows windows = pooling_windows(K::value[0], St::value[0], D::value[0]);

  template <class S>
  static constexpr int axis(int time) {
    return Separate<Operation>::template along<S>(time) ? time : no_time;
  }
  template <class X>
  static auto append(const Operation& pool, const X& x) {
    using S = shape_of_t<X>;
    if constexpr (X::axis == no_time || S::rank != 3 || (X::axis == 0 && !detail::has_time_at<X>(image_time))) {
      return detail::append_along<TimeRule>(pool, x);
    } else if constexpr (!detail::has_time_at<X>(image_time)) {
      return detail::reject_axis<Operation, X>();
    } else if constexpr (P::value[0] > 0) {
      return detail::reject_looking_ahead<Operation, X>();
    } else if constexpr (X::padding > 0) {
      return detail::reject_padding<Operation, X>();
    } else if constexpr (X::extent % windows.stride != 0) {
      return detail::reject_extent<Operation, X>();
    } else if constexpr (windows.older == 0) {
      return detail::append_piece<image_time>(pool, x);
    } else {
      return detail::append_windows<Operation, Shape<S::dims[0], S::dims[1], X::extent / windows.stride>>(0, x);
    }
  }
};

/// Zeros before a sequence are what a convolution behind them begins with: none is among the elements of a piece.
template <class Kind, index_t Before, index_t After>
struct TimeRule<operation::Pad<Kind, Before, After>> {
  using Operation = operation::Pad<Kind, Before, After>;

  template <class S>
  static constexpr int axis(int time) {
    return Separate<Operation>::template along<S>(time) ? time : no_time;
  }
  template <class X>
  static auto append(const Operation& pad, const X& x) {
    constexpr bool pads_zeros = std::is_same_v<typename Kind::axis, resampling::ConstantPadded<0.0>>;
    if constexpr (X::axis == no_time || shape_of_t<X>::rank != 3 || !detail::has_time_at<X>(image_time)) {
      return detail::append_along<TimeRule>(pad, x);
    } else if constexpr (After > 0) {
      return detail::reject_looking_ahead<Operation, X>();
    } else if constexpr (!pads_zeros || Before < 0) {
      TENON_REJECT("compile_stream: what stands before a sequence are zeros; layer and piece", Kind,
                   detail::piece_tensor_t<X>);
      return Rejected{};
    } else {
      return Timed<typename X::piece_type, X::axis, X::padding + Before>(x.piece());
    }
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
