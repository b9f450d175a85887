/// \file
/// Layer, group and instance normalization: groups of each sample's elements, by their own mean and variance, in
/// training and in evaluation mode.
#pragma once

#include "../core/grouping.hpp"
#include "normalization.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// (x - mean) / sqrt(variance + eps) * weight + bias; `Normalized` is the Shape of the last axes, normalised together.
template <class Normalized, double Eps>
struct LayerNorm;
template <index_t... N, double Eps>
struct LayerNorm<Shape<N...>, Eps> {
  static constexpr std::string_view name = "LayerNorm";
  static constexpr autograd::Needs backward_needs = autograd::needs_input_and_weight;
  static constexpr double eps = Eps;

  template <index_t... D, class... Parameters>
  static consteval auto output_shape(Shape<D...>, Parameters...) {
    if constexpr (ends_with_normalized(Shape<D...>::dims))
      return Shape<D...>{};
    else
      return reject_t<LayerNorm, expected_input<any, N...>, Shape<D...>>{};
  }

  template <index_t... D>
  static constexpr Grouping sample_grouping(Shape<D...>) {
    return Grouping::of_rows(Shape<D...>::size / Shape<N...>::size, Shape<N...>::size);
  }

 private:
  template <std::size_t Rank>
  static constexpr bool ends_with_normalized(const std::array<index_t, Rank>& dims) {
    if (Rank < sizeof...(N)) return false;
    std::size_t axis = Rank - sizeof...(N);
    return ((dims[axis++] == N) && ...);
  }
};

/// The same of `Groups` groups of neighbouring channels of (N, Channels, axes...). As in PyTorch, a single sample's
/// groups have to have more than one element.
template <index_t Groups, index_t Channels, double Eps>
struct GroupNorm {
  static constexpr std::string_view name = "GroupNorm";
  static constexpr autograd::Needs backward_needs = autograd::needs_input_and_weight;
  static constexpr double eps = Eps;

  template <index_t... D, class... Parameters>
  static consteval auto output_shape(Shape<D...>, Parameters...) {
    constexpr std::array<index_t, sizeof...(D)> dims{D...};
    if constexpr (Groups == 0)  // of which the layer complains
      return AlreadyReported{};
    else if constexpr (sizeof...(D) < 2 || dims[sizeof...(D) >= 2] != Channels)
      return reject_t<GroupNorm, expected_input<any, Channels, more>, Shape<D...>>{};
    else if constexpr (Shape<D...>::size == Groups)
      return reject_t<GroupNorm, expected_input<at_least<2>, Channels, more>, Shape<D...>>{};
    else
      return Shape<D...>{};
  }

  template <index_t... D>
  static constexpr Grouping sample_grouping(Shape<D...>) {
    return Grouping::of_samples(Shape<D...>::dims, Groups);
  }
};

/// The same of each channel of (N, Channels, axes...), which has to have more than one element.
template <int Rank, index_t Channels, double Eps>
struct InstanceNorm {
  static_assert(Rank == 1 || Rank == 2);
  static constexpr std::string_view name = Rank == 1 ? "InstanceNorm1d" : "InstanceNorm2d";
  static constexpr autograd::Needs backward_needs = autograd::needs_input_and_weight;
  static constexpr double eps = Eps;

  template <index_t... D, class... Parameters>
  static consteval auto output_shape(Shape<D...> shape, Parameters...) {
    return output_shape_with<at_least<2>>(shape);
  }
  /// The same where channels have `Length` elements, any number or at least two.
  template <auto Length, index_t... D>
  static consteval auto output_shape_with(Shape<D...>) {
    constexpr std::array<index_t, sizeof...(D)> dims{D...};
    constexpr bool rank_fits = sizeof...(D) == Rank + 2;
    constexpr index_t least = std::is_same_v<std::remove_const_t<decltype(Length)>, any_t> ? 1 : 2;
    constexpr bool varies = Shape<D...>::size >= least * dims[0] * dims[rank_fits ? 1 : 0];
    if constexpr (rank_fits && varies && dims[rank_fits ? 1 : 0] == Channels)
      return Shape<D...>{};
    else if constexpr (Rank == 1)
      return reject_t<InstanceNorm, expected_input<any, Channels, Length>, Shape<D...>>{};
    else if constexpr (varies)
      return reject_t<InstanceNorm, expected_input<any, Channels, any, any>, Shape<D...>>{};
    else
      return reject_t<InstanceNorm, expected_input<any, Channels, any, Length>, Shape<D...>>{};
  }

  template <index_t... D>
  static constexpr Grouping sample_grouping(Shape<D...>) {
    return Grouping::of_samples(Shape<D...>::dims, Channels);
  }
};

/// The same with running statistics: in training mode they move towards the averages, over the samples, of mean and
/// unbiased variance; in evaluation mode they normalise, as those of a batch normalization do.
template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct TrackingInstanceNorm : BatchNorm<Rank, Channels, Eps, Momentum, Statistics> {
  using of_samples = InstanceNorm<Rank, Channels, Eps>;
  using of_channels = BatchNorm<Rank, Channels, Eps, Momentum, Statistics>;
  static constexpr std::string_view name = of_samples::name;

  template <index_t... D, class... Parameters>
  static consteval auto output_shape(Shape<D...> shape, Parameters...) {
    return of_samples::template output_shape_with<any>(shape);  // one element is enough in evaluation mode
  }
};

template <class Operation> concept NormalizesSamples = requires { Operation::sample_grouping(Shape<1, 1, 1>{}); };

}  // namespace operation

namespace nn {

namespace detail {
template <index_t Groups, index_t Channels>
inline constexpr bool divides = false;
template <index_t Groups, index_t Channels>
  requires(Groups > 0)
inline constexpr bool divides<Groups, Channels> = Channels % Groups == 0;

using Epsilon = tag::Real<nn::eps<1e-5>, tag::NotNegative>;
/// Weight and bias, of shape `S`, of a layer with `Tags`.
template <bool Affine, class S, class... Tags>
struct norm_parameter;
template <bool Affine, index_t... D, class... Tags>
struct norm_parameter<Affine, Shape<D...>, Tags...> {
  using type = parameter_if<Affine, typename tag::parameters_of<Tags...>::template tensor<D...>>;
};
}  // namespace detail

/// What the layers share; `Derived` is the layer as the user spells it; its `operation` is one of those above.
template <class Derived>
class SampleNormLayer : public Layer<Derived> {
 public:
  /// Weight one, bias zero.
  void reset_parameters() {
    Derived& layer = this->self();
    if constexpr (!std::is_same_v<decltype(layer.weight), Absent>) {
      layer.weight.overwrite().fill(1);
      layer.bias.overwrite().fill(0);
    }
  }

  template <class X>
  auto forward(const X& x) const {
    return apply(typename Derived::operation{}, x, this->self().weight, this->self().bias);
  }
};

/// `torch.nn.LayerNorm(normalized_shape, eps=1e-5, elementwise_affine=True)`: (*, normalized_shape) -> the same; the
/// last axes are normalised together.
///
/// Tags: normalized_shape<10, 20> (required), eps<1e-5>, elementwise_affine<true>. `weight` and `bias` (absent with
/// elementwise_affine<false>) have the normalized shape. An input of other last axes does not compile. Ba, Kiros and
/// Hinton, 2016.
///
///     nn::LayerNorm<nn::normalized_shape<10, 20>> layer;
///     Tensor<float, 8, 5, 10, 20> y = layer(Tensor<float, 8, 5, 10, 20>{});
template <class... Tags>
class LayerNorm : public SampleNormLayer<LayerNorm<Tags...>> {
  using options = tag::Options<tag::Given<Tags...>, tag::WithoutName<tag::Extents<nn::normalized_shape<>>>,
                               detail::Epsilon, tag::Flag<nn::elementwise_affine<true>>>;
  using shape = typename shape_from<tag::type<options, nn::normalized_shape>>::type;
  using parameter_type =
      typename detail::norm_parameter<tag::value<options, nn::elementwise_affine>, shape, Tags...>::type;

 public:
  using operation = tenon::operation::LayerNorm<shape, tag::value<options, nn::eps>>;
  template <class... NewTags>
  using with_tags = LayerNorm<NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(LayerNorm, (parameter_type, weight), (parameter_type, bias));

  LayerNorm() {
    tag::check<LayerNorm>(options{});
    this->reset_parameters();
  }

  static Text extra_repr() { return repr(options{}); }
};

/// `torch.nn.GroupNorm(num_groups, num_channels, eps=1e-5, affine=True)`: (N, num_channels, *) -> the same; in each
/// sample groups of num_channels / num_groups channels are normalised.
///
/// Tags: eps<1e-5>, affine<true>. `weight` and `bias` (absent with affine<false>) are (num_channels). One sample with
/// groups of one element is a compile error. Wu and He, 2018.
///
///     nn::GroupNorm<3, 6> layer;
///     Tensor<float, 20, 6, 10, 10> y = layer(Tensor<float, 20, 6, 10, 10>{});
template <index_t NumGroups, index_t NumChannels, class... Tags>
class GroupNorm : public SampleNormLayer<GroupNorm<NumGroups, NumChannels, Tags...>> {
  using options = tag::Options<tag::Given<Tags...>, detail::Epsilon, tag::Flag<nn::affine<true>>>;
  using parameter_type =
      typename detail::norm_parameter<tag::value<options, nn::affine>, Shape<NumChannels>, Tags...>::type;
  static constexpr bool groups_fit = detail::divides<NumGroups, NumChannels>;

 public:
  using operation = tenon::operation::GroupNorm<groups_fit ? NumGroups : 0, NumChannels, tag::value<options, nn::eps>>;
  template <class... NewTags>
  using with_tags = GroupNorm<NumGroups, NumChannels, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(GroupNorm, (parameter_type, weight), (parameter_type, bias));

  GroupNorm() {
    tag::check<GroupNorm>(options{});
    tag::require<GroupNorm, nn::groups<NumGroups>, groups_fit>();
    this->reset_parameters();
  }

  static Text extra_repr() { return repr(options{}, to_text(NumGroups) + ", " + to_text(NumChannels)); }
};

/// What InstanceNorm1d and InstanceNorm2d share.
template <class Derived, int Rank, index_t NumFeatures, class... Tags>
class InstanceNormLayer : public SampleNormLayer<Derived> {
  using options = tag::Options<tag::Given<Tags...>, detail::Epsilon, tag::Real<nn::momentum<0.1>>,
                               tag::Flag<nn::affine<false>>, tag::Flag<nn::track_running_stats<false>>>;
  using tensor = typename tag::parameters_of<Tags...>::template tensor<NumFeatures>;
  static constexpr double eps = tag::value<options, nn::eps>;
  static constexpr bool tracks = tag::value<options, nn::track_running_stats>;

 protected:
  using parameter_type = parameter_if<tag::value<options, nn::affine>, tensor>;
  using buffer_type = std::conditional_t<tracks, Buffer<tensor>, Absent>;

  InstanceNormLayer() { tag::check<Derived>(options{}); }

 public:
  using operation = std::conditional_t<
      tracks, tenon::operation::TrackingInstanceNorm<Rank, NumFeatures, eps, tag::value<options, nn::momentum>, tensor>,
      tenon::operation::InstanceNorm<Rank, NumFeatures, eps>>;

  /// Weight and running variance one, bias and running mean zero.
  void reset_parameters() {
    SampleNormLayer<Derived>::reset_parameters();
    if constexpr (tracks) {
      this->self().running_mean.data().fill(0);
      this->self().running_var.data().fill(1);
    }
  }

  /// Const as BatchNorm's.
  template <class X>
  auto forward(const X& x) const {
    if constexpr (tracks) {
      auto& layer = const_cast<Derived&>(this->self());  // whose statistics lie outside it
      return apply(operation{{this->is_training(), &layer.running_mean.data(), &layer.running_var.data()}}, x,
                   layer.weight, layer.bias);
    } else {
      return SampleNormLayer<Derived>::forward(x);
    }
  }

  static Text extra_repr() { return repr(options{}, to_text(NumFeatures)); }
};

/// `torch.nn.InstanceNorm1d(num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False)`:
/// (N, C, L) -> (N, C, L); each channel of each sample is normalised.
///
/// Tags: eps<1e-5>, momentum<0.1>, affine<false>, track_running_stats<false>. `weight` and `bias` (present with
/// affine<true>) are (num_features). Channels of one element are a compile error; with running statistics a
/// tenon::Error in training mode. Ulyanov, Vedaldi and Lempitsky, 2016.
///
/// With track_running_stats<true> there are `running_mean` and `running_var` (num_features). In training mode they move
/// towards the averages, over the samples, of the channels' means and unbiased variances; in evaluation mode they
/// normalise, as BatchNorm1d's do, and a compiled net folds them into the layer before.
///
///     nn::InstanceNorm1d<16> layer;
///     Tensor<float, 20, 16, 40> y = layer(Tensor<float, 20, 16, 40>{});
template <index_t NumFeatures, class... Tags>
class InstanceNorm1d : public InstanceNormLayer<InstanceNorm1d<NumFeatures, Tags...>, 1, NumFeatures, Tags...> {
  using base = InstanceNormLayer<InstanceNorm1d, 1, NumFeatures, Tags...>;
  using parameter_type = typename base::parameter_type;
  using buffer_type = typename base::buffer_type;

 public:
  template <class... NewTags>
  using with_tags = InstanceNorm1d<NumFeatures, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(InstanceNorm1d, (parameter_type, weight), (parameter_type, bias),
                           (buffer_type, running_mean), (buffer_type, running_var));

  InstanceNorm1d() { this->reset_parameters(); }
};

/// `torch.nn.InstanceNorm2d(num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False)`:
/// (N, C, H, W) -> (N, C, H, W); as InstanceNorm1d.
///
///     nn::InstanceNorm2d<16, nn::affine<true>> layer;
///     Tensor<float, 20, 16, 35, 45> y = layer(Tensor<float, 20, 16, 35, 45>{});
template <index_t NumFeatures, class... Tags>
class InstanceNorm2d : public InstanceNormLayer<InstanceNorm2d<NumFeatures, Tags...>, 2, NumFeatures, Tags...> {
  using base = InstanceNormLayer<InstanceNorm2d, 2, NumFeatures, Tags...>;
  using parameter_type = typename base::parameter_type;
  using buffer_type = typename base::buffer_type;

 public:
  template <class... NewTags>
  using with_tags = InstanceNorm2d<NumFeatures, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(InstanceNorm2d, (parameter_type, weight), (parameter_type, bias),
                           (buffer_type, running_mean), (buffer_type, running_var));

  InstanceNorm2d() { this->reset_parameters(); }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
