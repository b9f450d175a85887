/// \file
/// Padding layers for sequences, images and volumes.
#pragma once

#include "../core/resampling.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

// The kinds of padding: what is beyond the border, and how many elements it takes from inside.
template <double Value>
struct ConstantBorder {
  using axis = resampling::ConstantPadded<Value>;
  static constexpr index_t least_input(index_t, index_t) { return 1; }
};
struct ZeroPad1d : ConstantBorder<0.0> {
  static constexpr std::string_view name = "ZeroPad1d";
};
struct ZeroPad2d : ConstantBorder<0.0> {
  static constexpr std::string_view name = "ZeroPad2d";
};
struct ZeroPad3d : ConstantBorder<0.0> {
  static constexpr std::string_view name = "ZeroPad3d";
};
template <double Value>
struct ConstantPad1d : ConstantBorder<Value> {
  static constexpr std::string_view name = "ConstantPad1d";
};
template <double Value>
struct ConstantPad2d : ConstantBorder<Value> {
  static constexpr std::string_view name = "ConstantPad2d";
};
template <double Value>
struct ConstantPad3d : ConstantBorder<Value> {
  static constexpr std::string_view name = "ConstantPad3d";
};
struct ReflectionPad2d {
  static constexpr std::string_view name = "ReflectionPad2d";
  using axis = resampling::Reflected;
  static constexpr index_t least_input(index_t before, index_t after) { return (before > after ? before : after) + 1; }
};
struct ReplicationPad2d {
  static constexpr std::string_view name = "ReplicationPad2d";
  using axis = resampling::Replicated;
  static constexpr index_t least_input(index_t, index_t) { return 1; }
};

/// (N, C, axes...) -> (N, C, before + axis + after...). `Sides` are before and after of the last axis, then of the one
/// before it, as in PyTorch: left, right, top, bottom, front, back.
template <class Kind, index_t... Sides>
struct Pad {
  static constexpr std::string_view name = Kind::name;
  static constexpr bool resamples = true;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
  static constexpr std::array<index_t, sizeof...(Sides)> sides{Sides...};
  static constexpr std::size_t rank = sides.size() / 2;

  template <index_t N, index_t C, index_t... D>
    requires(sizeof...(D) == rank)
  static constexpr std::array<typename Kind::axis, rank> axes(Shape<N, C, D...>) {
    std::array<typename Kind::axis, rank> axes{};
    for (std::size_t a = 0; a < rank; ++a) {
      const index_t input = Shape<D...>::dims[a];
      axes[a] = {{input, before(a) + input + after(a), before(a)}};
    }
    return axes;
  }

  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    return output_shape(Shape<D...>{}, std::make_index_sequence<rank>{});
  }

 private:
  static constexpr index_t before(std::size_t axis) { return sides[2 * (rank - 1 - axis)]; }
  static constexpr index_t after(std::size_t axis) { return sides[2 * (rank - 1 - axis) + 1]; }

  template <index_t N, index_t C, index_t... D, std::size_t... A>
    requires(sizeof...(D) == rank && ((D >= Kind::least_input(before(A), after(A))) && ...))
  static consteval auto output_shape(Shape<N, C, D...>, std::index_sequence<A...>) {
    return Shape<N, C, before(A) + D + after(A)...>{};
  }
  template <index_t... D, std::size_t... A>
  static consteval auto output_shape(Shape<D...>, std::index_sequence<A...>) {
    using Expected = expected_input<any, any, at_least<Kind::least_input(before(A), after(A))>...>;
    return reject_t<Kind, Expected, Shape<D...>>{};
  }
};

namespace detail {
template <class Kind, class Sides>
struct pad_by;
template <class Kind, int Count, index_t... Sides>
struct pad_by<Kind, tag::Axes<Count, Sides...>> {
  using type = Pad<Kind, Sides...>;
};
}  // namespace detail
/// The padding whose sides are the values of a tag.
template <class Kind, class Sides>
using pad_by_t = typename detail::pad_by<Kind, Sides>::type;

}  // namespace operation

namespace nn {

namespace detail {
template <int Rank>
using Sides = tag::PerAxis<nn::padding<>, 2 * Rank, 0>;
template <int Rank, class... Tags>
using PadOptions = tag::Options<tag::Given<Tags...>, tag::WithoutName<Sides<Rank>>>;
template <int Rank, class... Tags>
using ConstantPadOptions = tag::Options<tag::Given<Tags...>, Sides<Rank>, tag::Real<nn::value<>>>;
}  // namespace detail

/// What padding layers share; `Derived` is the layer as the user spells it, `Kind` the kind of padding.
template <class Derived, class Kind, class Options>
class PadLayer : public Layer<Derived> {
 public:
  using operation = tenon::operation::pad_by_t<Kind, tag::type<Options, nn::padding>>;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() { return repr(Options{}); }

  PadLayer() { tag::check<Derived>(Options{}); }
};
template <class Derived, class Kind, int Rank, class... Tags>
using PlainPadLayer = PadLayer<Derived, Kind, detail::PadOptions<Rank, Tags...>>;
/// The layer whose tag says what is beyond the border.
template <class Derived, template <double> class Kind, int Rank, class... Tags>
using ConstantPadLayer = PadLayer<Derived, Kind<tag::value<detail::ConstantPadOptions<Rank, Tags...>, nn::value>>,
                                  detail::ConstantPadOptions<Rank, Tags...>>;

/// `torch.nn.ZeroPad1d(padding)`: (N, C, L) -> (N, C, left + L + right), zeros around the sequence.
///
/// Tags: padding<left, right> (required), or one value for both sides.
///
///     nn::ZeroPad1d<nn::padding<2, 0>> layer;
///     Tensor<float, 1, 3, 6> y = layer(Tensor<float, 1, 3, 4>{});
template <class... Tags>
class ZeroPad1d : public PlainPadLayer<ZeroPad1d<Tags...>, tenon::operation::ZeroPad1d, 1, Tags...> {};

/// `torch.nn.ZeroPad2d(padding)`: (N, C, H, W) -> (N, C, top + H + bottom, left + W + right), zeros around the image.
///
/// Tags: padding<left, right, top, bottom> (required), or one value for all sides.
///
///     nn::ZeroPad2d<nn::padding<1, 1, 0, 2>> layer;
///     Tensor<float, 1, 3, 6, 6> y = layer(Tensor<float, 1, 3, 4, 4>{});
template <class... Tags>
class ZeroPad2d : public PlainPadLayer<ZeroPad2d<Tags...>, tenon::operation::ZeroPad2d, 2, Tags...> {};

/// `torch.nn.ZeroPad3d(padding)`: (N, C, D, H, W) -> (N, C, front + D + back, top + H + bottom, left + W + right),
/// zeros around the volume.
///
/// Tags: padding<left, right, top, bottom, front, back> (required), or one value for all sides.
///
///     nn::ZeroPad3d<nn::padding<1, 1, 0, 2, 3, 0>> layer;
///     Tensor<float, 1, 3, 7, 6, 6> y = layer(Tensor<float, 1, 3, 4, 4, 4>{});
template <class... Tags>
class ZeroPad3d : public PlainPadLayer<ZeroPad3d<Tags...>, tenon::operation::ZeroPad3d, 3, Tags...> {};

/// `torch.nn.ConstantPad1d(padding, value)`: as ZeroPad1d, the constant `value` around the sequence.
///
/// Tags: padding<left, right> (required), or one value for both sides; value (required).
///
///     nn::ConstantPad1d<nn::padding<2, 0>, nn::value<0.5>> layer;
///     Tensor<float, 1, 3, 6> y = layer(Tensor<float, 1, 3, 4>{});
template <class... Tags>
class ConstantPad1d : public ConstantPadLayer<ConstantPad1d<Tags...>, tenon::operation::ConstantPad1d, 1, Tags...> {};

/// `torch.nn.ConstantPad2d(padding, value)`: as ZeroPad2d, the constant `value` around the image.
///
///     nn::ConstantPad2d<nn::padding<1, 1, 0, 2>, nn::value<0.5>> layer;
///     Tensor<float, 1, 3, 6, 6> y = layer(Tensor<float, 1, 3, 4, 4>{});
template <class... Tags>
class ConstantPad2d : public ConstantPadLayer<ConstantPad2d<Tags...>, tenon::operation::ConstantPad2d, 2, Tags...> {};

/// `torch.nn.ConstantPad3d(padding, value)`: as ZeroPad3d, the constant `value` around the volume.
///
///     nn::ConstantPad3d<nn::padding<1>, nn::value<0.5>> layer;
///     Tensor<float, 1, 3, 6, 6, 6> y = layer(Tensor<float, 1, 3, 4, 4, 4>{});
template <class... Tags>
class ConstantPad3d : public ConstantPadLayer<ConstantPad3d<Tags...>, tenon::operation::ConstantPad3d, 3, Tags...> {};

/// `torch.nn.ReflectionPad2d(padding)`: as ZeroPad2d, the image mirrored at its border, which is not repeated.
///
/// A padding that is not less than the extent of the image is a compile error.
///
///     nn::ReflectionPad2d<nn::padding<3>> layer;
///     Tensor<float, 1, 3, 10, 10> y = layer(Tensor<float, 1, 3, 4, 4>{});
template <class... Tags>
class ReflectionPad2d : public PlainPadLayer<ReflectionPad2d<Tags...>, tenon::operation::ReflectionPad2d, 2, Tags...> {
};

/// `torch.nn.ReplicationPad2d(padding)`: as ZeroPad2d, the border of the image repeated.
///
///     nn::ReplicationPad2d<nn::padding<3>> layer;
///     Tensor<float, 1, 3, 10, 10> y = layer(Tensor<float, 1, 3, 4, 4>{});
template <class... Tags>
class ReplicationPad2d
    : public PlainPadLayer<ReplicationPad2d<Tags...>, tenon::operation::ReplicationPad2d, 2, Tags...> {};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
