/// \file
/// Operations of windows that slide over time: convolutions, transposed convolutions and poolings of one axis.
#pragma once

#include "../nn/conv.hpp"
#include "../nn/conv_transpose.hpp"
#include "../nn/pooling.hpp"
#include "separate.hpp"
#include "time_append.hpp"

namespace tenon::inline TENON_ISA::plan {

/// The axis along which images (N, C, L) have time.
inline constexpr int image_time = 2;

namespace detail {
/// Images of `Out` channels and `Length` elements for images of shape `S`, which have `In` channels, or as many as
/// those where `In` is 0; or their rejection by `Shown`.
template <class Shown, index_t In, index_t Out, class S, index_t Length>
struct ImagesOf {
  using type = reject_t<Shown, expected_input<any, extent_or_any<In == 0, In>, any>, S>;
};
template <class Shown, index_t In, index_t Out, index_t N, index_t C, index_t L, index_t Length>
  requires(In == C || In == 0)
struct ImagesOf<Shown, In, Out, Shape<N, C, L>, Length> {
  using type = Shape<N, In == 0 ? C : Out, Length>;
};
template <class Shown, index_t In, index_t Out, class S, index_t Length>
using images_of_t = typename ImagesOf<Shown, In, Out, S, Length>::type;
}  // namespace detail

/// The windows of an operation over a piece of images.
struct TimeWindows {
  /// What the extent of a piece is a multiple of, and how many results there are for as many of its elements.
  index_t elements, results;
  /// The elements before a piece that its results need.
  index_t older;
  /// The padding on both sides, and how many zeros a layer before may put on the left of the sequence.
  index_t padding, most_zeros;
};

/// The windows of `Operation` over (N, C, L), where it has some: `value`; for an input of shape `S` the `result` of
/// `Length` elements, or its rejection; and the `multiply_adds` that make so many results of so many inputs.
template <class Operation>
struct TimeWindowsOf;

/// The first result of a convolution is that of the first element of a piece and of what was before it.
template <index_t In, index_t Out, class K, class St, class P, class D, index_t Groups>
struct TimeWindowsOf<operation::Conv<1, In, Out, K, St, P, D, Groups>> {
  static constexpr index_t older = (K::value[0] - 1) * D::value[0];
  static constexpr TimeWindows value{St::value[0], 1, older, P::value[0], older};
  static constexpr index_t multiply_adds(index_t, index_t results) { return results * (In / Groups) * K::value[0]; }
  template <class S, index_t Length>
  using result = detail::images_of_t<operation::Conv1d<In, Out>, In, Out, S, Length>;
};

namespace detail {
/// How many windows that begin before another one, `stride` apart, reach into it.
constexpr index_t overlapping(index_t kernel, index_t stride, index_t dilation) {
  const index_t reach = (kernel - 1) * dilation + 1 - stride;
  return reach <= 0 ? 0 : (reach + stride - 1) / stride;
}
}  // namespace detail

/// A transposed convolution adds to as many results as its stride what older elements have left of their kernels.
template <index_t In, index_t Out, class K, class St, class P, class OutputPadding, class D, index_t Groups>
struct TimeWindowsOf<operation::ConvTranspose<1, In, Out, K, St, P, OutputPadding, D, Groups>> {
  static constexpr index_t stride = St::value[0];
  static constexpr TimeWindows value{1, stride, detail::overlapping(K::value[0], stride, D::value[0]), P::value[0], 0};
  static constexpr index_t multiply_adds(index_t inputs, index_t) { return inputs * (Out / Groups) * K::value[0]; }
  template <class S, index_t Length>
  using result = detail::images_of_t<operation::ConvTranspose1d<In, Out>, In, Out, S, Length>;
};

/// The windows of a pooling begin at multiples of its stride, as in the whole sequence, and end in the piece. (A last
/// window that ends outside, as with ceil_mode, is that of a sequence that ends.)
template <class Shown, class K, class St, class P, class D, bool Ceil, class Function>
struct TimeWindowsOf<operation::Pool<Shown, operation::SlidingWindows<1, K, St, P, D, Ceil>, Function, false>> {
  static constexpr index_t stride = St::value[0];
  static constexpr TimeWindows value{stride, 1, stride* detail::overlapping(K::value[0], stride, D::value[0]),
                                     P::value[0], 0};
  static constexpr index_t multiply_adds(index_t, index_t) { return 0; }
  template <class S, index_t Length>
  using result = detail::images_of_t<Shown, 0, 0, S, Length>;
};

template <class Operation>
inline constexpr bool has_time_windows = requires { sizeof(TimeWindowsOf<Operation>); };
template <class Operation>
  requires has_time_windows<Operation>
inline constexpr int reads_time_along<Operation> = image_time;

template <class Operation>
  requires has_time_windows<Operation>
struct TimeRule<Operation> {
  static constexpr TimeWindows windows = TimeWindowsOf<Operation>::value;

  /// Samples are cases of their own.
  template <class S>
  static constexpr int axis(int time) {
    return time == 0 ? time : no_time;
  }
  template <class X, class... P>
  static auto append(const Operation& operation, const X& x, const P&... parameters) {
    using R = typename TimeWindowsOf<Operation>::template result<shape_of_t<X>,
                                                                 X::extent / windows.elements * windows.results>;
    if constexpr (X::axis == no_time || (X::axis == 0 && !detail::has_time_at<X>(image_time))) {
      return detail::append_along<TimeRule>(operation, x, parameters...);
    } else if constexpr (is_rejection<R>) {
      report(R{});
      return Rejected{};
    } else if constexpr (!detail::has_time_at<X>(image_time)) {
      return detail::reject_axis<Operation, X>();
    } else if constexpr (windows.padding > 0) {
      return detail::reject_looking_ahead<Operation, X>();
    } else if constexpr (X::padding > windows.most_zeros) {
      return detail::reject_padding<Operation, X>();
    } else if constexpr (X::extent % windows.elements != 0) {
      return detail::reject_extent<Operation, X>();
    } else if constexpr (windows.older == 0 && windows.results == 1) {
      return detail::append_piece<image_time>(operation, x, parameters...);
    } else {
      return append_windows<R>(x, parameters...);
    }
  }

 private:
  template <class R, class X, class... P>
  static auto append_windows(const X& x, const P&... parameters) {
    using Kernel = detail::timed_kernel_t<Operation, X>;
    Graph& graph = x.graph();
    const int before = graph.operations();
    const auto y =
        append_stage<Kernel, R>(ParametersOf<P...>(parameters...), {}, in_layout<typename Kernel::reads>(x.piece()));
    note<Operation, R>(graph, before, TimeWindowsOf<Operation>::multiply_adds(shape_of_t<X>::size, R::size),
                       parameters...);
    return detail::with_time<image_time>(y);
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

}  // namespace tenon::inline TENON_ISA::plan
