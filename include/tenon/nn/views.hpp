/// \file
/// Functions of a `forward` that pick elements of a tensor or put them in another order: `x[i]`, `narrow<1, 2, 6>(x)`,
/// `select<1>(x, i)`, `slice<...>(x)`, `chunk<2, 1>(x)`, `split<...>(x)`, `transpose<1, 2>(x)`, `permute<...>(x)`: on
/// Tensors, on Variables and Parameters (recorded) and in a compiled module, where a part that is contiguous is a place
/// in memory.
#pragma once

#include <array>
#include <tuple>

#include "../core/position.hpp"
#include "../core/strided_view.hpp"
#include "functional.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

// ---- operations. Each element of the result is one of the input, which `view` names, and no two are the same one.
// Axes and positions in the types of operations count from the start.

namespace operation {

namespace detail {
template <class Operation, class S>
struct ViewExtents {
  static constexpr auto value = Operation{}.view(S{}).shape();
};
}  // namespace detail
/// The shape that an operation with a `view` makes of `S`, which is fit.
template <class Operation, class S>
using viewed_t = typename shape_from<detail::ViewExtents<Operation, S>>::type;

/// `Count` positions along axis `Dim`, `Step` apart, from `Start` on; `Derived` is what errors call it.
template <class Derived, int Dim, index_t Start, index_t Count, index_t Step>
struct PositionsAlong {
  static constexpr bool picks_elements = true;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
  static constexpr index_t end = Start + (Count - 1) * Step + 1;

  template <class S>
  static consteval auto output_shape(S) {
    if constexpr (Dim < 0 || Dim >= static_cast<int>(S::rank))
      return reject_t<Derived, expected_axis_t<Dim>, S>{};
    else if constexpr (Start < 0 || end > S::dims[Dim])
      return reject_t<Derived, expected_along_t<Dim, at_least<(Start < 0 ? -Start : end)>>, S>{};
    else
      return viewed_t<Derived, S>{};
  }
  template <class S>
  constexpr auto view(S shape) const {
    return StridedView<S::rank>::of(shape).sliced(Dim, Start, Count, Step);
  }
};

/// `Length` neighbouring positions along axis `Dim`, from `Start` on.
template <int Dim, index_t Start, index_t Length>
struct Narrow : PositionsAlong<Narrow<Dim, Start, Length>, Dim, Start, Length, 1> {
  static constexpr std::string_view name = "narrow";
};

/// `Count` positions along axis `Dim`, `Step` apart, from `Start` on.
template <int Dim, index_t Start, index_t Count, index_t Step>
struct Slice : PositionsAlong<Slice<Dim, Start, Count, Step>, Dim, Start, Count, Step> {
  static constexpr std::string_view name = "slice";
};

/// Position `index` along axis `Dim`, which the result does not have.
template <int Dim>
struct SelectAlong {
  static constexpr std::string_view name = Dim == 0 ? tenon::detail::Subscript::name : "select";
  static constexpr bool picks_elements = true;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
  index_t index = 0;

  template <class S>
  static consteval auto output_shape(S) {
    if constexpr (Dim < 0 || Dim >= static_cast<int>(S::rank))
      return reject_t<SelectAlong, expected_axis_t<Dim>, S>{};
    else
      return viewed_t<SelectAlong, S>{};
  }
  template <class S>
  constexpr auto view(S shape) const {
    return StridedView<S::rank>::of(shape).without(Dim, index);
  }
};
/// What x[i] is.
using Select = SelectAlong<0>;

/// Axis a of the result is axis `Axes[a]` of the input.
template <int... Axes>
struct Permute {
  static constexpr std::string_view name = "permute";
  static constexpr bool picks_elements = true;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;

  template <class S>
  static consteval auto output_shape(S) {
    if constexpr (S::rank != sizeof...(Axes))
      return reject_t<Permute, expected_input<extent_or_any<true, Axes>...>, S>{};
    else
      return viewed_t<Permute, S>{};
  }
  template <class S>
  constexpr auto view(S shape) const {
    return StridedView<S::rank>::of(shape).permuted({static_cast<std::size_t>(Axes)...});
  }
};

/// Where the elements of the result of `Operation` on an `S` are, from position 0 on for one that takes a position, in
/// as few axes as say it.
template <class Operation, class S>
inline constexpr auto joined_view = [] {
  constexpr auto joined = Operation{}.view(S{}).joined();
  return joined.first.template first<joined.second>();
}();
/// Returns where the elements of the result of `operation` on an `S` are.
template <class Operation, class S>
constexpr auto view_of(const Operation& operation, S shape) {
  return joined_view<Operation, S>.from(operation.view(shape).offset);
}

}  // namespace operation

namespace detail {

/// The shape of an operand.
template <class X>
using operand_shape_t = shape_of_t<autograd::argument_t<decltype(as_argument(std::declval<const X&>()))>>;
/// The axis of `X` that `Dim` names; `Dim` where there is none.
template <class X, int Dim>
inline constexpr int axis_in = axis_of(Dim, operand_shape_t<X>::rank);
template <class X, int Dim>
inline constexpr bool has_axis = [] {
  constexpr int axis = axis_in<X, Dim>, rank = operand_shape_t<X>::rank;
  return axis >= 0 && axis < rank;
}();
/// The extent of the axis of `X` that `Dim` names.
template <class X, int Dim>
inline constexpr index_t extent_in = operand_shape_t<X>::dims[axis_in<X, Dim>];

/// Reports that `X` is no operand of `Shown`, which expects `Expected`.
template <class Shown, class Expected, class X>
auto reject_operand() {
  report(reject_t<Shown, Expected, operand_shape_t<X>>{});
  return Rejected{};
}

/// Functions of several operations in errors.
struct Chunk {
  static constexpr std::string_view name = "chunk";
};
struct Split {
  static constexpr std::string_view name = "split";
};
struct Slice {
  static constexpr std::string_view name = "slice";
};
struct Transpose {
  static constexpr std::string_view name = "transpose";
};

template <class X, class Index>
auto element_of(const X& x, const Index& i) {
  if constexpr (is_rejected<X>)
    return Rejected{};
  else if constexpr (shape_of_t<X>::rank == 0)
    return apply_to_operands(operation::Select{}, x);
  else
    return apply_to_operands(operation::Select{leading_position<shape_of_t<X>>(i)}, x);
}

/// Parts of an axis of `Extent` positions, `Size` each; the last may be smaller.
template <index_t Extent, index_t Size>
struct EvenParts {
  static constexpr auto value = [] {
    std::array<index_t, static_cast<std::size_t>((Extent + Size - 1) / Size)> sizes{};
    sizes.fill(Size);
    sizes.back() = Extent - (static_cast<index_t>(sizes.size()) - 1) * Size;
    return sizes;
  }();
};
/// Where part `I` of an axis begins.
template <class Parts, std::size_t I>
inline constexpr index_t part_begin = [] {
  index_t begin = 0;
  for (std::size_t part = I; part-- > 0;) begin += Parts::value[part];
  return begin;
}();

/// Returns `x` in parts along axis `Axis`, whose sizes are `Parts::value`.
template <int Axis, class Parts, class X>
auto parts_along(const X& x) {
  const auto& whole = as_argument(x);  // an expression is evaluated once
  return [&whole]<std::size_t... I>(std::index_sequence<I...>) {
    return std::tuple{apply_to_operands(operation::Narrow<Axis, part_begin<Parts, I>, Parts::value[I]>{}, whole)...};
  }(std::make_index_sequence<Parts::value.size()>{});
}
/// Returns what stands for `Count` results of a call that was rejected.
template <std::size_t Count>
auto rejected_parts() {
  return std::tuple_cat(std::array<Rejected, Count>{});
}

/// Whether the axes are 0, 1, ... in some order.
template <int... Axes>
inline constexpr bool is_permutation = [] {
  std::array<bool, sizeof...(Axes)> found{};
  for (const int axis : std::array<int, sizeof...(Axes)>{Axes...}) {
    if (axis < 0 || axis >= static_cast<int>(sizeof...(Axes)) || found[static_cast<std::size_t>(axis)]) return false;
    found[static_cast<std::size_t>(axis)] = true;
  }
  return true;
}();

}  // namespace detail

// ---- functions

/// `torch.narrow(x, dim, start, length)`: `Length` positions along axis `Dim`, from `Start` on. Negative `Dim` and
/// `Start` count from the end.
///
/// (*, extent, *) -> (*, Length, *). Positions outside the axis do not compile.
///
///     Tensor<float, 4, 6> y = tenon::narrow<1, 2, 6>(Tensor<float, 4, 9>{});
template <int Dim, index_t Start, index_t Length, class X>
auto narrow(const X& x) {
  static_assert(Length > 0 || detail::is_piece<X>, "narrow: the length is positive");
  if constexpr ((Length <= 0 && !detail::is_piece<X>) || detail::is_rejected<X>) {
    return Rejected{};
  } else if constexpr (detail::is_piece<X> && Start >= 0) {  // which may be shorter than what is left out of all
    return apply(operation::Narrow<detail::axis_in<X, Dim>, Start, Length>{}, x);
  } else {
    constexpr index_t start = [] {
      if constexpr (Start < 0 && detail::has_axis<X, Dim>)
        return Start + detail::extent_in<X, Dim> < 0 ? Start : Start + detail::extent_in<X, Dim>;
      else
        return Start;
    }();
    return detail::apply_to_operands(operation::Narrow<detail::axis_in<X, Dim>, start, Length>{}, x);
  }
}

/// `torch.select(x, dim, index)`: position `i` along axis `Dim`, which the result does not have. Negative `Dim` and `i`
/// count from the end.
///
/// (*, extent, *) -> (*, *). A position that is known when compiling, such as `2_c`, does not compile outside the axis;
/// any other throws tenon::Error there. In a compiled net it is the one of the time of `compile`.
///
///     Tensor<float, 4, 3> y = tenon::select<1>(Tensor<float, 4, 9, 3>{}, 2);
template <int Dim, class X, class Index>
auto select(const X& x, const Index& i) {
  if constexpr (detail::is_rejected<X>) {
    return Rejected{};
  } else if constexpr (!detail::has_axis<X, Dim>) {
    return detail::reject_operand<detail::Selection<0>, expected_axis_t<Dim>, X>();
  } else {
    constexpr int axis = detail::axis_in<X, Dim>;
    using Shown = detail::Selection<axis>;
    return detail::apply_to_operands(
        operation::SelectAlong<axis>{detail::position_along<detail::operand_shape_t<X>, axis, Shown>(i)}, x);
  }
}

/// `x[start:end:step]` along axis `dim`: every step-th position from `start` on, before `end`. As in Python, negative
/// numbers count from the end, and those outside the axis stand for its ends.
///
/// Tags: dim<0>, start<0>, end<> (the axis' end by default), step<1>. A slice without positions does not compile.
///
///     auto y = tenon::slice<nn::dim<1>, nn::start<2>, nn::end<8>, nn::step<2>>(Tensor<float, 4, 9>{});  // (4, 3)
template <class... Tags, class X>
auto slice(const X& x) {
  using options = tag::Options<tag::Given<Tags...>, tag::Integer<nn::dim<0>>, tag::Integer<nn::start<0>>,
                               tag::Optional<tag::Integer<nn::end<>>>, tag::Integer<nn::step<1>, tag::Positive>>;
  tag::check<detail::Slice>(options{});
  constexpr int dim = static_cast<int>(tag::value<options, nn::dim>);
  if constexpr (detail::is_rejected<X> || !options::fit) {
    return Rejected{};
  } else if constexpr (!detail::has_axis<X, dim>) {
    return detail::reject_operand<detail::Slice, expected_axis_t<dim>, X>();
  } else {
    constexpr int axis = detail::axis_in<X, dim>;
    constexpr index_t extent = detail::extent_in<X, dim>, step = tag::value<options, nn::step>;
    constexpr auto bound = [](index_t position) {
      const index_t counted = position < 0 ? position + extent : position;
      return counted < 0 ? 0 : counted > extent ? extent : counted;
    };
    constexpr index_t start = bound(tag::value<options, nn::start>);
    constexpr index_t end = tag::option<options, nn::end>::is_given ? bound(tag::value<options, nn::end>) : extent;
    if constexpr (detail::is_piece<X> && step == 1 && end == extent && tag::value<options, nn::start> >= 0)
      return narrow<axis, tag::value<options, nn::start>, extent - tag::value<options, nn::start>>(x);
    else if constexpr (start >= end)
      return detail::reject_operand<detail::Slice, expected_along_t<axis, at_least<start + 1>>, X>();
    else if constexpr (step == 1)
      return detail::apply_to_operands(operation::Narrow<axis, start, end - start>{}, x);
    else
      return detail::apply_to_operands(operation::Slice<axis, start, (end - start + step - 1) / step, step>{}, x);
  }
}

/// `torch.chunk(x, chunks, dim=0)`: parts along axis `Dim`, as a std::tuple. Each has extent / Chunks positions,
/// rounded up, and the last has what is left: there may be fewer than `Chunks`.
///
///     auto [a, b] = tenon::chunk<2, 1>(Tensor<float, 4, 9>{});  // (4, 5) and (4, 4)
template <index_t Chunks, int Dim = 0, class X>
auto chunk(const X& x) {
  static_assert(Chunks > 0, "chunk: the number of chunks is positive");
  constexpr index_t chunks = Chunks > 0 ? Chunks : 1;
  if constexpr (Chunks <= 0 || detail::is_rejected<X>) {
    return detail::rejected_parts<std::size_t{chunks}>();
  } else if constexpr (!detail::has_axis<X, Dim>) {
    (void)detail::reject_operand<detail::Chunk, expected_axis_t<Dim>, X>();
    return detail::rejected_parts<std::size_t{chunks}>();
  } else {
    constexpr index_t extent = detail::extent_in<X, Dim>;
    using Parts = detail::EvenParts<extent, (extent + chunks - 1) / chunks>;
    return detail::parts_along<detail::axis_in<X, Dim>, Parts>(x);
  }
}

/// `torch.split(x, split_size_or_sections, dim=0)`: parts along axis `dim`, as a std::tuple. Several sizes are those of
/// the parts; one is the size of each, and the last part has what is left.
///
/// Tags: sizes<...> (required), dim<0>. Sizes whose sum is not the extent do not compile.
///
///     auto [a, b] = tenon::split<nn::sizes<3, 5>, nn::dim<1>>(Tensor<float, 4, 8>{});  // (4, 3) and (4, 5)
template <class... Tags, class X>
auto split(const X& x) {
  using options = tag::Options<tag::Given<Tags...>, tag::Extents<nn::sizes<>>, tag::Integer<nn::dim<0>>>;
  tag::check<detail::Split>(options{});
  constexpr int dim = static_cast<int>(tag::value<options, nn::dim>);
  using Sizes = tag::type<options, nn::sizes>;
  constexpr std::size_t count = Sizes::value.size();
  if constexpr (detail::is_rejected<X> || !options::fit) {
    return detail::rejected_parts<count>();
  } else if constexpr (!detail::has_axis<X, dim>) {
    (void)detail::reject_operand<detail::Split, expected_axis_t<dim>, X>();
    return detail::rejected_parts<count>();
  } else {
    constexpr int axis = detail::axis_in<X, dim>;
    constexpr index_t extent = detail::extent_in<X, dim>, sum = detail::part_begin<Sizes, count>;
    if constexpr (count == 1) {
      return detail::parts_along<axis, detail::EvenParts<extent, sum>>(x);
    } else if constexpr (sum != extent) {
      (void)detail::reject_operand<detail::Split, expected_along_t<axis, sum>, X>();
      return detail::rejected_parts<count>();
    } else {
      return detail::parts_along<axis, Sizes>(x);
    }
  }
}

/// `torch.permute(x, dims)`: axis a of the result is axis `Axes[a]` of `x`; negative ones count from the last.
///
///     Tensor<float, 2, 5, 7, 3> y = tenon::permute<0, 2, 3, 1>(Tensor<float, 2, 3, 5, 7>{});
template <int... Axes, class X>
auto permute(const X& x) {
  constexpr bool names_each_axis_once = detail::is_permutation<axis_of(Axes, sizeof...(Axes))...>;
  if constexpr (!names_each_axis_once) {
    static_assert(names_each_axis_once, "permute: each axis stands once among the arguments");
    return Rejected{};
  } else {
    return detail::apply_to_operands(operation::Permute<axis_of(Axes, sizeof...(Axes))...>{}, x);
  }
}

/// `torch.transpose(x, dim0, dim1)`: axes `A` and `B` change places; negative ones count from the last.
///
///     Tensor<float, 2, 7, 5> y = tenon::transpose<1, 2>(Tensor<float, 2, 5, 7>{});
template <int A, int B, class X>
auto transpose(const X& x) {
  if constexpr (detail::is_rejected<X>) {
    return Rejected{};
  } else if constexpr (!detail::has_axis<X, A> || !detail::has_axis<X, B>) {
    constexpr int missing = detail::has_axis<X, A> ? B : A;
    return detail::reject_operand<detail::Transpose, expected_axis_t<missing>, X>();
  } else {
    constexpr int a = detail::axis_in<X, A>, b = detail::axis_in<X, B>;
    return [&x]<int... I>(std::integer_sequence<int, I...>) {
      return detail::apply_to_operands(operation::Permute<(I == a ? b : I == b ? a : I)...>{}, x);
    }(std::make_integer_sequence<int, int{detail::operand_shape_t<X>::rank}>{});
  }
}

}  // namespace tenon::inline TENON_ISA
