/// \file
/// Padding layers for images.
#pragma once

#include "../core/resampling.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

// The kinds of padding: what is beyond the border, and how many elements it takes from inside.
struct ZeroPad2d {
  static constexpr std::string_view name = "ZeroPad2d";
  using axis = resampling::ZeroPadded;
  static constexpr index_t least_input(index_t, index_t) { return 1; }
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

/// (N, C, H, W) -> (N, C, Top + H + Bottom, Left + W + Right).
template <class Kind, index_t Left, index_t Right, index_t Top, index_t Bottom>
struct Pad {
  static constexpr std::string_view name = Kind::name;
  static constexpr bool resamples = true;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;

  template <index_t N, index_t C, index_t H, index_t W>
  static constexpr std::array<typename Kind::axis, 2> axes(Shape<N, C, H, W>) {
    return {{{{H, Top + H + Bottom, Top}}, {{W, Left + W + Right, Left}}}};
  }

  template <index_t N, index_t C, index_t H, index_t W>
    requires(H >= Kind::least_input(Top, Bottom) && W >= Kind::least_input(Left, Right))
  static consteval auto output_shape(Shape<N, C, H, W>) {
    return Shape<N, C, Top + H + Bottom, Left + W + Right>{};
  }
  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    using Expected =
        expected_input<any, any, at_least<Kind::least_input(Top, Bottom)>, at_least<Kind::least_input(Left, Right)>>;
    return reject_t<Kind, Expected, Shape<D...>>{};
  }
};

}  // namespace operation

namespace nn {

/// What ZeroPad2d, ReflectionPad2d and ReplicationPad2d share; `Derived` is the layer as the user spells it.
template <class Derived, class Kind, class... Tags>
class Pad2dLayer : public Layer<Derived> {
  using options = tag::Options<tag::Given<Tags...>, tag::WithoutName<tag::PerAxis<nn::padding<>, 4, 0>>>;
  static constexpr std::array<index_t, 4> sides = tag::value<options, nn::padding>;

 public:
  using operation = tenon::operation::Pad<Kind, sides[0], sides[1], sides[2], sides[3]>;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() { return repr(options{}); }

  Pad2dLayer() { tag::check<Derived>(options{}); }
};

/// `torch.nn.ZeroPad2d(padding)`: (N, C, H, W) -> (N, C, top + H + bottom, left + W + right), zeros around the image.
///
/// Tags: padding<left, right, top, bottom> (required), or one value for all sides.
///
///     nn::ZeroPad2d<nn::padding<1, 1, 0, 2>> layer;
///     Tensor<float, 1, 3, 6, 6> y = layer(Tensor<float, 1, 3, 4, 4>{});
template <class... Tags>
class ZeroPad2d : public Pad2dLayer<ZeroPad2d<Tags...>, tenon::operation::ZeroPad2d, Tags...> {};

/// `torch.nn.ReflectionPad2d(padding)`: as ZeroPad2d, the image mirrored at its border, which is not repeated.
///
/// A padding that is not less than the extent of the image is a compile error.
///
///     nn::ReflectionPad2d<nn::padding<3>> layer;
///     Tensor<float, 1, 3, 10, 10> y = layer(Tensor<float, 1, 3, 4, 4>{});
template <class... Tags>
class ReflectionPad2d : public Pad2dLayer<ReflectionPad2d<Tags...>, tenon::operation::ReflectionPad2d, Tags...> {};

/// `torch.nn.ReplicationPad2d(padding)`: as ZeroPad2d, the border of the image repeated.
///
///     nn::ReplicationPad2d<nn::padding<3>> layer;
///     Tensor<float, 1, 3, 10, 10> y = layer(Tensor<float, 1, 3, 4, 4>{});
template <class... Tags>
class ReplicationPad2d : public Pad2dLayer<ReplicationPad2d<Tags...>, tenon::operation::ReplicationPad2d, Tags...> {};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
