/// \file
/// Pooling layers.
#pragma once

#include <cstdint>

#include "../core/pool_function.hpp"
#include "module.hpp"
#include "pool_windows.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

// What errors call the poolings.
struct MaxPool1d {
  static constexpr std::string_view name = "MaxPool1d";
};
struct MaxPool2d {
  static constexpr std::string_view name = "MaxPool2d";
};
struct MaxPool3d {
  static constexpr std::string_view name = "MaxPool3d";
};
struct AvgPool1d {
  static constexpr std::string_view name = "AvgPool1d";
};
struct AvgPool2d {
  static constexpr std::string_view name = "AvgPool2d";
};
struct AvgPool3d {
  static constexpr std::string_view name = "AvgPool3d";
};
struct LPPool2d {
  static constexpr std::string_view name = "LPPool2d";
};
struct AdaptiveMaxPool1d {
  static constexpr std::string_view name = "AdaptiveMaxPool1d";
};
struct AdaptiveMaxPool2d {
  static constexpr std::string_view name = "AdaptiveMaxPool2d";
};
struct AdaptiveAvgPool1d {
  static constexpr std::string_view name = "AdaptiveAvgPool1d";
};
struct AdaptiveAvgPool2d {
  static constexpr std::string_view name = "AdaptiveAvgPool2d";
};

/// `Function` of the elements in each of `Windows` of (N, C, axes...), and, of the largest, where it was.
template <class Shown, class Windows, class Function, bool ReturnIndices = false>
struct Pool {
  static constexpr std::string_view name = Shown::name;
  static constexpr autograd::Needs backward_needs = autograd::needs_input_and_result_if<Function::gradient_reads_input>;
  static constexpr int rank = Windows::rank;
  static constexpr bool return_indices = ReturnIndices;
  using windows = Windows;
  using function = Function;

  /// The indices are positions in the input plane, flattened.
  template <std::size_t I, class T>
  using result_element = std::conditional_t<I == 1, std::int64_t, T>;

  template <class S>
  static constexpr auto geometry(S) {
    return Windows::geometry(S{});
  }
  template <class S>
  static consteval auto output_shape(S) {
    using Pooled = pooled_shape_t<Shown, Windows, S>;
    if constexpr (ReturnIndices && !is_rejection<Pooled>)
      return Shapes<Pooled, Pooled>{};
    else
      return Pooled{};
  }
};

}  // namespace operation

namespace nn {

namespace detail {

// Options of more than one pooling.
template <int Rank>
using KernelSize = tag::PerAxis<nn::kernel_size<>, Rank>;
template <int Rank>
using Stride = tag::PerAxis<tag::As<nn::stride, nn::kernel_size>, Rank>;
template <int Rank>
using Padding = tag::PerAxis<nn::padding<0>, Rank, 0>;
template <int Rank>
using OutputSize = tag::PerAxis<nn::output_size<>, Rank>;
template <int Rank>
using Dilation = tag::PerAxis<nn::dilation<1>, Rank>;
using CeilMode = tag::Flag<nn::ceil_mode<false>>;
using ReturnIndices = tag::Unprinted<tag::Flag<nn::return_indices<false>>>;

/// Complains of wrong tags, and of a padding of more than half the kernel.
template <class Layer, class Options>
constexpr void check_sliding() {
  tag::check<Layer>(Options{});
  constexpr bool padding_fits = [] {
    constexpr auto padding = tag::value<Options, nn::padding>;
    for (std::size_t a = 0; a < padding.size(); ++a)
      if (2 * padding[a] > tag::value<Options, nn::kernel_size>[a]) return false;
    return true;
  }();
  tag::require<Layer, Options, nn::padding, padding_fits>();
}

/// What the poolings share that have no state: `Derived` is the layer as the user spells it.
template <class Derived, class Operation, class Options>
class PoolLayer : public Layer<Derived> {
 public:
  using operation = Operation;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() { return repr(Options{}); }
};

template <class Options>
using windows_of =
    operation::SlidingWindows<int{tag::value<Options, nn::kernel_size>.size()}, tag::type<Options, nn::kernel_size>,
                              tag::type<Options, nn::stride>, tag::type<Options, nn::padding>,
                              tag::type<Options, nn::dilation>, tag::value<Options, nn::ceil_mode>>;

/// What those share whose windows slide.
template <class Derived, class Shown, class Options, class Function, bool ReturnIndices = false>
class SlidingPoolLayer
    : public PoolLayer<Derived, tenon::operation::Pool<Shown, windows_of<Options>, Function, ReturnIndices>, Options> {
 public:
  SlidingPoolLayer() { check_sliding<Derived, Options>(); }
};

template <int Rank, class... Tags>
using MaxPoolOptions = tag::Options<tag::Given<Tags...>, KernelSize<Rank>, Stride<Rank>, Padding<Rank>, Dilation<Rank>,
                                    CeilMode, ReturnIndices>;
template <class Derived, int Rank, class Shown, class... Tags>
using MaxPoolLayer = SlidingPoolLayer<Derived, Shown, MaxPoolOptions<Rank, Tags...>, pooling::Max,
                                      tag::value<MaxPoolOptions<Rank, Tags...>, nn::return_indices>>;

template <int Rank, class... Tags>
using AvgPoolOptions = tag::Options<tag::Given<Tags...>, KernelSize<Rank>, Stride<Rank>, Padding<Rank>,
                                    tag::Unprinted<tag::Fixed<Dilation<Rank>>>, tag::Unprinted<CeilMode>,
                                    tag::Unprinted<tag::Flag<nn::count_include_pad<true>>>>;
template <class Derived, int Rank, class Shown, class... Tags>
using AvgPoolLayer =
    SlidingPoolLayer<Derived, Shown, AvgPoolOptions<Rank, Tags...>,
                     pooling::Average<tag::value<AvgPoolOptions<Rank, Tags...>, nn::count_include_pad>>>;

template <class... Tags>
using LPPoolOptions =
    tag::Options<tag::Given<Tags...>, tag::Real<nn::norm_type<>, tag::Positive>, KernelSize<2>, Stride<2>,
                 tag::Unprinted<tag::Fixed<Padding<2>>>, tag::Unprinted<tag::Fixed<Dilation<2>>>, CeilMode>;
template <class Derived, class Shown, class... Tags>
using LPPoolLayer = SlidingPoolLayer<Derived, Shown, LPPoolOptions<Tags...>,
                                     pooling::PowerSum<tag::value<LPPoolOptions<Tags...>, nn::norm_type>>>;

template <int Rank, class Indices, class... Tags>
using AdaptivePoolOptions = tag::Options<tag::Given<Tags...>, OutputSize<Rank>, Indices>;
template <class Options, int Rank, class Shown, class Function>
using AdaptivePool = operation::Pool<Shown, operation::AdaptiveWindows<Rank, tag::type<Options, nn::output_size>>,
                                     Function, tag::value<Options, nn::return_indices>>;
/// What those share whose windows follow from the size of the output; `Indices` says whether they are an option.
template <class Derived, int Rank, class Shown, class Function, class Indices, class... Tags>
class AdaptivePoolLayer
    : public PoolLayer<Derived, AdaptivePool<AdaptivePoolOptions<Rank, Indices, Tags...>, Rank, Shown, Function>,
                       AdaptivePoolOptions<Rank, Indices, Tags...>> {
 public:
  AdaptivePoolLayer() { tag::check<Derived>(AdaptivePoolOptions<Rank, Indices, Tags...>{}); }
};
template <class Derived, int Rank, class Shown, class... Tags>
using AdaptiveMaxPoolLayer = AdaptivePoolLayer<Derived, Rank, Shown, pooling::Max, ReturnIndices, Tags...>;
template <class Derived, int Rank, class Shown, class... Tags>
using AdaptiveAvgPoolLayer =
    AdaptivePoolLayer<Derived, Rank, Shown, pooling::Average<false>, tag::Fixed<ReturnIndices>, Tags...>;

}  // namespace detail

/// `torch.nn.MaxPool1d`: (N, C, L) -> (N, C, L').
///
/// Tags: kernel_size (required), stride (kernel_size), padding<0> (at most half the kernel, with -infinity),
/// dilation<1>, return_indices<false>, ceil_mode<false>. With return_indices: `auto [y, indices] = pool(x)`, the
/// indices into the flattened input plane, as `MaxUnpool1d` wants them.
///
///     nn::MaxPool1d<nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 16, 24> y = layer(Tensor<float, 2, 16, 50>{});
template <class... Tags>
class MaxPool1d : public detail::MaxPoolLayer<MaxPool1d<Tags...>, 1, tenon::operation::MaxPool1d, Tags...> {};
/// `torch.nn.MaxPool2d`: (N, C, H, W) -> (N, C, H', W'). Tags as `MaxPool1d`'s.
///
///     nn::MaxPool2d<nn::kernel_size<3, 2>, nn::stride<2, 1>, nn::return_indices<true>> pool;
///     auto [y, indices] = pool(Tensor<float, 2, 16, 50, 32>{});
///     static_assert(std::is_same_v<decltype(indices), Tensor<std::int64_t, 2, 16, 24, 31>>);
template <class... Tags>
class MaxPool2d : public detail::MaxPoolLayer<MaxPool2d<Tags...>, 2, tenon::operation::MaxPool2d, Tags...> {};
/// `torch.nn.MaxPool3d`: (N, C, D, H, W) -> (N, C, D', H', W'). Tags as `MaxPool1d`'s.
///
///     nn::MaxPool3d<nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 16, 24, 21, 15> y = layer(Tensor<float, 2, 16, 50, 44, 31>{});
template <class... Tags>
class MaxPool3d : public detail::MaxPoolLayer<MaxPool3d<Tags...>, 3, tenon::operation::MaxPool3d, Tags...> {};

/// `torch.nn.AvgPool1d`: (N, C, L) -> (N, C, L').
///
/// Tags: kernel_size (required), stride (kernel_size), padding<0> (at most half the kernel, with zeros),
/// ceil_mode<false>, count_include_pad<true>: the mean is over the window and the padding in it; false: over the input
/// alone. What a window of ceil_mode has beyond the padding never counts.
///
///     nn::AvgPool1d<nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 16, 24> y = layer(Tensor<float, 2, 16, 50>{});
template <class... Tags>
class AvgPool1d : public detail::AvgPoolLayer<AvgPool1d<Tags...>, 1, tenon::operation::AvgPool1d, Tags...> {};
/// `torch.nn.AvgPool2d`: (N, C, H, W) -> (N, C, H', W'). Tags as `AvgPool1d`'s.
///
///     nn::AvgPool2d<nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 16, 24, 15> y = layer(Tensor<float, 2, 16, 50, 32>{});
template <class... Tags>
class AvgPool2d : public detail::AvgPoolLayer<AvgPool2d<Tags...>, 2, tenon::operation::AvgPool2d, Tags...> {};
/// `torch.nn.AvgPool3d`: (N, C, D, H, W) -> (N, C, D', H', W'). Tags as `AvgPool1d`'s.
///
///     nn::AvgPool3d<nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 16, 24, 21, 15> y = layer(Tensor<float, 2, 16, 50, 44, 31>{});
template <class... Tags>
class AvgPool3d : public detail::AvgPoolLayer<AvgPool3d<Tags...>, 3, tenon::operation::AvgPool3d, Tags...> {};

/// `torch.nn.LPPool2d`: (N, C, H, W) -> (N, C, H', W'), the p-th root of the sum of the window's p-th powers.
///
/// Tags: norm_type (required, positive), kernel_size (required), stride (kernel_size), ceil_mode<false>. As in PyTorch
/// the powers keep their sign: a negative sum, and a negative input where the power is not whole, give NaN.
///
///     nn::LPPool2d<nn::norm_type<1.2>, nn::kernel_size<3, 2>, nn::stride<2, 1>> layer;
///     Tensor<float, 20, 16, 24, 31> y = layer(Tensor<float, 20, 16, 50, 32>{});
template <class... Tags>
class LPPool2d : public detail::LPPoolLayer<LPPool2d<Tags...>, tenon::operation::LPPool2d, Tags...> {};

/// `torch.nn.AdaptiveMaxPool1d`: (N, C, L) -> (N, C, L') for any L.
///
/// Tags: output_size (required), return_indices<false> as `MaxPool1d`'s.
///
///     nn::AdaptiveMaxPool1d<nn::output_size<5>> layer;
///     Tensor<float, 1, 64, 5> y = layer(Tensor<float, 1, 64, 8>{});
template <class... Tags>
class AdaptiveMaxPool1d
    : public detail::AdaptiveMaxPoolLayer<AdaptiveMaxPool1d<Tags...>, 1, tenon::operation::AdaptiveMaxPool1d, Tags...> {
};
/// `torch.nn.AdaptiveMaxPool2d`: (N, C, H, W) -> (N, C, H', W') for any H and W. Tags as `AdaptiveMaxPool1d`'s.
///
///     nn::AdaptiveMaxPool2d<nn::output_size<5, 7>> layer;
///     Tensor<float, 1, 64, 5, 7> y = layer(Tensor<float, 1, 64, 8, 9>{});
template <class... Tags>
class AdaptiveMaxPool2d
    : public detail::AdaptiveMaxPoolLayer<AdaptiveMaxPool2d<Tags...>, 2, tenon::operation::AdaptiveMaxPool2d, Tags...> {
};
/// `torch.nn.AdaptiveAvgPool1d`: (N, C, L) -> (N, C, L') for any L. Tags: output_size (required).
///
///     nn::AdaptiveAvgPool1d<nn::output_size<5>> layer;
///     Tensor<float, 1, 64, 5> y = layer(Tensor<float, 1, 64, 8>{});
template <class... Tags>
class AdaptiveAvgPool1d
    : public detail::AdaptiveAvgPoolLayer<AdaptiveAvgPool1d<Tags...>, 1, tenon::operation::AdaptiveAvgPool1d, Tags...> {
};
/// `torch.nn.AdaptiveAvgPool2d`: (N, C, H, W) -> (N, C, H', W') for any H and W. Tags: output_size (required).
///
///     nn::AdaptiveAvgPool2d<nn::output_size<7>> layer;
///     Tensor<float, 1, 64, 7, 7> y = layer(Tensor<float, 1, 64, 10, 9>{});
template <class... Tags>
class AdaptiveAvgPool2d
    : public detail::AdaptiveAvgPoolLayer<AdaptiveAvgPool2d<Tags...>, 2, tenon::operation::AdaptiveAvgPool2d, Tags...> {
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
