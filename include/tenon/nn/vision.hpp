/// \file
/// Vision layers: PixelShuffle and upsampling.
#pragma once

#include "../core/resampling.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// (N, C * Factor^2, H, W) -> (N, C, H * Factor, W * Factor): Factor^2 channels become a square of pixels.
template <index_t Factor>
struct PixelShuffle {
  static constexpr std::string_view name = "PixelShuffle";
  static constexpr index_t factor = Factor;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;

  template <index_t N, index_t C, index_t H, index_t W>
    requires(C % (Factor * Factor) == 0)
  static consteval auto output_shape(Shape<N, C, H, W>) {
    return Shape<N, C / (Factor * Factor), H * Factor, W * Factor>{};
  }
  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    return reject_t<PixelShuffle, expected_input<any, multiple_of<Factor * Factor>, any, any>, Shape<D...>>{};
  }
};

// The kinds of upsampling.
struct UpsamplingNearest2d {
  static constexpr std::string_view name = "UpsamplingNearest2d", mode = "nearest";
  using axis = resampling::Nearest;
};
struct UpsamplingBilinear2d {
  static constexpr std::string_view name = "UpsamplingBilinear2d", mode = "bilinear";
  using axis = resampling::CornerAligned;
};

// What is asked for.
template <class Size>
struct ToSize {
  static constexpr auto output(index_t, index_t) { return Size::value; }
};
template <class Factor>
struct ByFactor {
  static constexpr std::array<index_t, 2> output(index_t height, index_t width) {
    return {height * Factor::value[0], width * Factor::value[1]};
  }
};

/// (N, C, H, W) -> (N, C, H', W').
template <class Kind, class Target>
struct Upsampling {
  static constexpr std::string_view name = Kind::name;
  static constexpr bool resamples = true;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;

  template <index_t N, index_t C, index_t H, index_t W>
  static constexpr std::array<typename Kind::axis, 2> axes(Shape<N, C, H, W>) {
    return {{{{H, Target::output(H, W)[0]}}, {{W, Target::output(H, W)[1]}}}};
  }

  template <index_t N, index_t C, index_t H, index_t W>
  static consteval auto output_shape(Shape<N, C, H, W>) {
    return Shape<N, C, Target::output(H, W)[0], Target::output(H, W)[1]>{};
  }
  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    return reject_t<Kind, expected_input<any, any, any, any>, Shape<D...>>{};
  }
};

}  // namespace operation

namespace nn {

/// `torch.nn.PixelShuffle(upscale_factor)`: (N, C * r^2, H, W) -> (N, C, H * r, W * r).
///
/// Channel c * r^2 + i * r + j becomes row i and column j of each r x r square of channel c. Channels that r^2 does not
/// divide do not compile. Shi and others, 2016.
///
///     nn::PixelShuffle<3> layer;
///     Tensor<float, 1, 1, 12, 12> y = layer(Tensor<float, 1, 9, 4, 4>{});
template <index_t UpscaleFactor, class... Tags>
class PixelShuffle : public Layer<PixelShuffle<UpscaleFactor, Tags...>> {
  static_assert(UpscaleFactor > 0, "PixelShuffle: the upscale factor is positive");

 public:
  using operation = tenon::operation::PixelShuffle<UpscaleFactor>;
  PixelShuffle() { tag::check<PixelShuffle>(tag::Options<tag::Given<Tags...>>{}); }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() { return "upscale_factor=" + to_text(UpscaleFactor); }
};

namespace detail {
/// Whole numbers that are printed as PyTorch's, which need not be.
template <class Default>
struct ScaleFactor : tag::PerAxis<Default, 2> {
  static Text repr(const std::array<index_t, 2>& factors) {
    const Text first = to_text(factors[0]) + ".0", second = to_text(factors[1]) + ".0";
    return factors[0] == factors[1] ? first : "(" + first + ", " + second + ")";
  }
};
}  // namespace detail

/// What UpsamplingNearest2d and UpsamplingBilinear2d share; `Derived` is the layer as the user spells it.
template <class Derived, class Kind, class... Tags>
class Upsampling2dLayer : public Layer<Derived> {
  using options = tag::Options<tag::Given<Tags...>, tag::Optional<tag::PerAxis<nn::size<>, 2>>,
                               tag::Optional<detail::ScaleFactor<nn::scale_factor<>>, tag::given<nn::size, Tags...>>>;
  static constexpr bool to_size = tag::option<options, nn::size>::is_given;
  static constexpr bool by_factor = tag::option<options, nn::scale_factor>::is_given;

 public:
  using operation = tenon::operation::Upsampling<
      Kind, std::conditional_t<to_size, tenon::operation::ToSize<tag::type<options, nn::size>>,
                               tenon::operation::ByFactor<tag::type<options, nn::scale_factor>>>>;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() { return repr(options{}) + ", mode=" + Text(Kind::mode); }

  Upsampling2dLayer() {
    tag::check<Derived>(options{});
    tag::require<Derived, options, nn::size, !(to_size && by_factor)>();
  }
};

/// `torch.nn.UpsamplingNearest2d(size=None, scale_factor=None)`: (N, C, H, W) -> (N, C, H', W'), each output pixel the
/// input pixel at the same fraction of the image, rounded down.
///
/// Tags: either size<H', W'> or scale_factor<vertical, horizontal>; one value counts for both axes. The ratio need not
/// be an integer.
///
///     nn::UpsamplingNearest2d<nn::scale_factor<2>> layer;
///     Tensor<float, 1, 1, 4, 4> y = layer(Tensor<float, 1, 1, 2, 2>{});
template <class... Tags>
class UpsamplingNearest2d
    : public Upsampling2dLayer<UpsamplingNearest2d<Tags...>, tenon::operation::UpsamplingNearest2d, Tags...> {};

/// `torch.nn.UpsamplingBilinear2d(size=None, scale_factor=None)`: as UpsamplingNearest2d, linear between input pixels,
/// the corners of the image on its corners.
///
///     nn::UpsamplingBilinear2d<nn::size<5, 7>> layer;
///     Tensor<float, 1, 1, 5, 7> y = layer(Tensor<float, 1, 1, 2, 2>{});
template <class... Tags>
class UpsamplingBilinear2d
    : public Upsampling2dLayer<UpsamplingBilinear2d<Tags...>, tenon::operation::UpsamplingBilinear2d, Tags...> {};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
