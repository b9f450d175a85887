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

/// The tags that say where the windows of a pooling slide. A layer that does not know one of them leaves it at its
/// default.
template <class Layer, int Rank, class... Tags>
struct SlidingTags {
  using kernel_tag = tag::find_t<nn::kernel_size, nn::kernel_size<>, Tags...>;
  using stride_tag = tag::find_t<nn::stride, kernel_tag, Tags...>;
  using padding_tag = tag::find_t<nn::padding, nn::padding<0>, Tags...>;
  using dilation_tag = tag::find_t<nn::dilation, nn::dilation<1>, Tags...>;
  using kernel = tag::axes_t<Rank, 1, kernel_tag>;
  using stride = tag::axes_t<Rank, 1, stride_tag>;
  using padding = tag::axes_t<Rank, 0, padding_tag>;
  using dilation = tag::axes_t<Rank, 1, dilation_tag>;
  static constexpr bool ceil = tag::value<tag::find_t<nn::ceil_mode, nn::ceil_mode<false>, Tags...>>;
  using windows = operation::SlidingWindows<Rank, kernel, stride, padding, dilation, ceil>;

  static constexpr void check_options() {
    tag::require_axes<Layer, Rank, 1, kernel_tag>();
    tag::require_axes<Layer, Rank, 1, stride_tag>();
    tag::require_axes<Layer, Rank, 0, padding_tag>();
    tag::require_axes<Layer, Rank, 1, dilation_tag>();
    constexpr bool padding_fits = [] {
      for (std::size_t a = 0; a < Rank; ++a)
        if (2 * padding::value[a] > kernel::value[a]) return false;
      return true;
    }();
    tag::require<Layer, padding_tag, padding_fits>();
  }
};

template <class... Tags>
inline constexpr bool returns_indices = tag::value<tag::find_t<nn::return_indices, nn::return_indices<false>, Tags...>>;

inline Text repr_flag(bool flag) { return flag ? "True" : "False"; }

/// What MaxPool1d, MaxPool2d and MaxPool3d share; `Derived` is the layer as the user spells it.
template <class Derived, int Rank, class Shown, class... Tags>
class MaxPoolLayer : public Layer<Derived> {
  using options = SlidingTags<Derived, Rank, Tags...>;

 public:
  using operation = tenon::operation::Pool<Shown, typename options::windows, pooling::Max, returns_indices<Tags...>>;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() {
    return "kernel_size=" + repr(options::kernel::value) + ", stride=" + repr(options::stride::value) +
           ", padding=" + repr(options::padding::value) + ", dilation=" + repr(options::dilation::value) +
           ", ceil_mode=" + repr_flag(options::ceil);
  }

 protected:
  MaxPoolLayer() {
    using known = tag::names<nn::kernel_size, nn::stride, nn::padding, nn::dilation, nn::return_indices, nn::ceil_mode>;
    tag::check<Derived, known, Tags...>();
    options::check_options();
  }
};

/// What AvgPool1d, AvgPool2d and AvgPool3d share.
template <class Derived, int Rank, class Shown, class... Tags>
class AvgPoolLayer : public Layer<Derived> {
  using options = SlidingTags<Derived, Rank, Tags...>;
  static constexpr bool include_pad =
      tag::value<tag::find_t<nn::count_include_pad, nn::count_include_pad<true>, Tags...>>;

 public:
  using operation = tenon::operation::Pool<Shown, typename options::windows, pooling::Average<include_pad>>;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() {
    return "kernel_size=" + repr(options::kernel::value) + ", stride=" + repr(options::stride::value) +
           ", padding=" + repr(options::padding::value);
  }

 protected:
  AvgPoolLayer() {
    using known = tag::names<nn::kernel_size, nn::stride, nn::padding, nn::ceil_mode, nn::count_include_pad>;
    tag::check<Derived, known, Tags...>();
    options::check_options();
  }
};

/// What the adaptive poolings share.
template <class Derived, class Known, int Rank, class Shown, class Function, class... Tags>
class AdaptivePoolLayer : public Layer<Derived> {
  using size_tag = tag::find_t<nn::output_size, nn::output_size<>, Tags...>;
  using size = tag::axes_t<Rank, 1, size_tag>;

 public:
  using operation =
      tenon::operation::Pool<Shown, tenon::operation::AdaptiveWindows<Rank, size>, Function, returns_indices<Tags...>>;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() { return "output_size=" + repr(size::value); }

 protected:
  AdaptivePoolLayer() {
    tag::check<Derived, Known, Tags...>();
    tag::require_axes<Derived, Rank, 1, size_tag>();
  }
};

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
class MaxPool1d : public detail::MaxPoolLayer<MaxPool1d<Tags...>, 1, tenon::operation::MaxPool1d, Tags...> {
 public:
  MaxPool1d() = default;
};
/// `torch.nn.MaxPool2d`: (N, C, H, W) -> (N, C, H', W'). Tags as `MaxPool1d`'s.
///
///     nn::MaxPool2d<nn::kernel_size<3, 2>, nn::stride<2, 1>, nn::return_indices<true>> pool;
///     auto [y, indices] = pool(Tensor<float, 2, 16, 50, 32>{});
///     static_assert(std::is_same_v<decltype(indices), Tensor<std::int64_t, 2, 16, 24, 31>>);
template <class... Tags>
class MaxPool2d : public detail::MaxPoolLayer<MaxPool2d<Tags...>, 2, tenon::operation::MaxPool2d, Tags...> {
 public:
  MaxPool2d() = default;
};
/// `torch.nn.MaxPool3d`: (N, C, D, H, W) -> (N, C, D', H', W'). Tags as `MaxPool1d`'s.
///
///     nn::MaxPool3d<nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 16, 24, 21, 15> y = layer(Tensor<float, 2, 16, 50, 44, 31>{});
template <class... Tags>
class MaxPool3d : public detail::MaxPoolLayer<MaxPool3d<Tags...>, 3, tenon::operation::MaxPool3d, Tags...> {
 public:
  MaxPool3d() = default;
};

/// `torch.nn.AvgPool1d`: (N, C, L) -> (N, C, L').
///
/// Tags: kernel_size (required), stride (kernel_size), padding<0> (at most half the kernel, with zeros),
/// ceil_mode<false>, count_include_pad<true>: the mean is over the window and the padding in it; false: over the input
/// alone. What a window of ceil_mode has beyond the padding never counts.
///
///     nn::AvgPool1d<nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 16, 24> y = layer(Tensor<float, 2, 16, 50>{});
template <class... Tags>
class AvgPool1d : public detail::AvgPoolLayer<AvgPool1d<Tags...>, 1, tenon::operation::AvgPool1d, Tags...> {
 public:
  AvgPool1d() = default;
};
/// `torch.nn.AvgPool2d`: (N, C, H, W) -> (N, C, H', W'). Tags as `AvgPool1d`'s.
///
///     nn::AvgPool2d<nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 16, 24, 15> y = layer(Tensor<float, 2, 16, 50, 32>{});
template <class... Tags>
class AvgPool2d : public detail::AvgPoolLayer<AvgPool2d<Tags...>, 2, tenon::operation::AvgPool2d, Tags...> {
 public:
  AvgPool2d() = default;
};
/// `torch.nn.AvgPool3d`: (N, C, D, H, W) -> (N, C, D', H', W'). Tags as `AvgPool1d`'s.
///
///     nn::AvgPool3d<nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 16, 24, 21, 15> y = layer(Tensor<float, 2, 16, 50, 44, 31>{});
template <class... Tags>
class AvgPool3d : public detail::AvgPoolLayer<AvgPool3d<Tags...>, 3, tenon::operation::AvgPool3d, Tags...> {
 public:
  AvgPool3d() = default;
};

/// `torch.nn.LPPool2d`: (N, C, H, W) -> (N, C, H', W'), the p-th root of the sum of the window's p-th powers.
///
/// Tags: norm_type (required, positive), kernel_size (required), stride (kernel_size), ceil_mode<false>. As in PyTorch
/// the powers keep their sign: a negative sum, and a negative input where the power is not whole, give NaN.
///
///     nn::LPPool2d<nn::norm_type<1.2>, nn::kernel_size<3, 2>, nn::stride<2, 1>> layer;
///     Tensor<float, 20, 16, 24, 31> y = layer(Tensor<float, 20, 16, 50, 32>{});
template <class... Tags>
class LPPool2d : public Layer<LPPool2d<Tags...>> {
  using options = detail::SlidingTags<LPPool2d, 2, Tags...>;
  using norm_tag = tag::find_t<nn::norm_type, nn::norm_type<0>, Tags...>;
  static constexpr double p = tag::value<norm_tag>;
  static constexpr bool positive = p > 0 && p <= (std::numeric_limits<double>::max)();

 public:
  using operation = tenon::operation::Pool<tenon::operation::LPPool2d, typename options::windows,
                                           pooling::PowerSum<positive ? p : 1>>;
  LPPool2d() {
    tag::check<LPPool2d, tag::names<nn::norm_type, nn::kernel_size, nn::stride, nn::ceil_mode>, Tags...>();
    tag::require<LPPool2d, norm_tag, positive>();
    options::check_options();
  }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() {
    return "norm_type=" + repr(p) + ", kernel_size=" + repr(options::kernel::value) +
           ", stride=" + repr(options::stride::value) + ", ceil_mode=" + detail::repr_flag(options::ceil);
  }
};

/// `torch.nn.AdaptiveMaxPool1d`: (N, C, L) -> (N, C, L') for any L.
///
/// Tags: output_size (required), return_indices<false> as `MaxPool1d`'s.
///
///     nn::AdaptiveMaxPool1d<nn::output_size<5>> layer;
///     Tensor<float, 1, 64, 5> y = layer(Tensor<float, 1, 64, 8>{});
template <class... Tags>
class AdaptiveMaxPool1d
    : public detail::AdaptivePoolLayer<AdaptiveMaxPool1d<Tags...>, tag::names<output_size, return_indices>, 1,
                                       tenon::operation::AdaptiveMaxPool1d, pooling::Max, Tags...> {
 public:
  AdaptiveMaxPool1d() = default;
};
/// `torch.nn.AdaptiveMaxPool2d`: (N, C, H, W) -> (N, C, H', W') for any H and W. Tags as `AdaptiveMaxPool1d`'s.
///
///     nn::AdaptiveMaxPool2d<nn::output_size<5, 7>> layer;
///     Tensor<float, 1, 64, 5, 7> y = layer(Tensor<float, 1, 64, 8, 9>{});
template <class... Tags>
class AdaptiveMaxPool2d
    : public detail::AdaptivePoolLayer<AdaptiveMaxPool2d<Tags...>, tag::names<output_size, return_indices>, 2,
                                       tenon::operation::AdaptiveMaxPool2d, pooling::Max, Tags...> {
 public:
  AdaptiveMaxPool2d() = default;
};
/// `torch.nn.AdaptiveAvgPool1d`: (N, C, L) -> (N, C, L') for any L. Tags: output_size (required).
///
///     nn::AdaptiveAvgPool1d<nn::output_size<5>> layer;
///     Tensor<float, 1, 64, 5> y = layer(Tensor<float, 1, 64, 8>{});
template <class... Tags>
class AdaptiveAvgPool1d
    : public detail::AdaptivePoolLayer<AdaptiveAvgPool1d<Tags...>, tag::names<output_size>, 1,
                                       tenon::operation::AdaptiveAvgPool1d, pooling::Average<false>, Tags...> {
 public:
  AdaptiveAvgPool1d() = default;
};
/// `torch.nn.AdaptiveAvgPool2d`: (N, C, H, W) -> (N, C, H', W') for any H and W. Tags: output_size (required).
///
///     nn::AdaptiveAvgPool2d<nn::output_size<7>> layer;
///     Tensor<float, 1, 64, 7, 7> y = layer(Tensor<float, 1, 64, 10, 9>{});
template <class... Tags>
class AdaptiveAvgPool2d
    : public detail::AdaptivePoolLayer<AdaptiveAvgPool2d<Tags...>, tag::names<output_size>, 2,
                                       tenon::operation::AdaptiveAvgPool2d, pooling::Average<false>, Tags...> {
 public:
  AdaptiveAvgPool2d() = default;
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
