/// \file
/// Batch normalization.
#pragma once

#include "../core/grouping.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

// What errors call the batch normalizations.
template <index_t Channels>
struct BatchNorm1d {
  static constexpr std::string_view name = "BatchNorm1d";
};
template <index_t Channels>
struct BatchNorm2d {
  static constexpr std::string_view name = "BatchNorm2d";
};
template <index_t Channels>
struct BatchNorm3d {
  static constexpr std::string_view name = "BatchNorm3d";
};

/// Throws tenon::Error: channels of one value, which has no variance, in training mode.
[[noreturn]] inline void raise_one_value(std::string_view name) {
  raise(Text(name) + ": in training mode each channel needs more than one value");
}

/// (x - mean) / sqrt(variance + eps) * weight + bias per channel of (N, Channels, axes...); 1-d also of (N, Channels).
template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct BatchNorm {
  using shown = std::tuple_element_t<std::size_t{Rank - 1},
                                     std::tuple<BatchNorm1d<Channels>, BatchNorm2d<Channels>, BatchNorm3d<Channels>>>;
  static constexpr std::string_view name = shown::name;
  static constexpr autograd::Needs backward_needs = autograd::needs_input_and_weight;
  static constexpr index_t channels = Channels;
  static constexpr double eps = Eps, momentum = Momentum;
  using statistics = Statistics;
  using buffer_element = typename Statistics::value_type;

  /// In training mode the batch's own statistics normalise, and the running ones move towards them.
  bool training = false;
  Statistics* running_mean = nullptr;
  Statistics* running_var = nullptr;

  template <index_t... D, class... Parameters>
  static consteval auto output_shape(Shape<D...>, Parameters...) {
    constexpr std::array<index_t, sizeof...(D)> dims{D...};
    constexpr bool rank_fits = sizeof...(D) == Rank + 2 || (Rank == 1 && sizeof...(D) == 2);
    if constexpr (rank_fits && dims[rank_fits ? 1 : 0] == Channels)
      return Shape<D...>{};
    else if constexpr (rank_fits)
      return rejection<D...>(std::make_index_sequence<sizeof...(D) - 2>{});
    else
      return rejection<D...>(std::make_index_sequence<std::size_t{Rank}>{});
  }

  template <index_t... D>
  static constexpr Grouping grouping(Shape<D...>) {
    return Grouping::of_channels(Shape<D...>::dims);
  }

 private:
  template <index_t... D, std::size_t... A>
  static consteval auto rejection(std::index_sequence<A...>) {
    return reject_t<shown, expected_input<any, Channels, (static_cast<void>(A), any)...>, Shape<D...>>{};
  }
};

}  // namespace operation

namespace nn {

/// What BatchNorm1d, BatchNorm2d and BatchNorm3d share; `Derived` is the layer as the user spells it.
template <class Derived, int Rank, index_t NumFeatures, class... Tags>
class BatchNormLayer : public Layer<Derived> {
  using options =
      tag::Options<tag::Given<Tags...>, tag::Real<nn::eps<1e-5>, tag::NotNegative>, tag::Real<nn::momentum<0.1>>,
                   tag::Flag<nn::affine<true>>, tag::Fixed<tag::Flag<nn::track_running_stats<true>>>>;

 protected:
  static constexpr bool affine = tag::value<options, nn::affine>;
  using tensor = typename tag::parameters_of<Tags...>::template tensor<NumFeatures>;
  using parameter_type = parameter_if<affine, tensor>;

  BatchNormLayer() { tag::check<Derived>(options{}); }

 public:
  using operation = tenon::operation::BatchNorm<Rank, NumFeatures, tag::value<options, nn::eps>,
                                                tag::value<options, nn::momentum>, tensor>;

  /// Weight and running variance one, bias and running mean zero.
  void reset_parameters() {
    Derived& layer = this->self();
    if constexpr (affine) {
      layer.weight.overwrite().fill(1);
      layer.bias.overwrite().fill(0);
    }
    layer.running_mean.data().fill(0);
    layer.running_var.data().fill(1);
  }

  /// Const as every layer's: the running statistics are state of the training, as gradients are, and the mode alone
  /// says whether they move.
  template <class X>
  auto forward(const X& x) const {
    auto& layer = const_cast<Derived&>(this->self());  // whose statistics lie outside it
    return apply(operation{this->is_training(), &layer.running_mean.data(), &layer.running_var.data()}, x, layer.weight,
                 layer.bias);
  }

  static Text extra_repr() { return repr(options{}, to_text(NumFeatures)); }
};

/// `torch.nn.BatchNorm1d(num_features, eps=1e-5, momentum=0.1, affine=True)`: (N, C) or (N, C, L) -> the same.
///
/// `weight`, `bias` (absent with affine<false>), `running_mean` and `running_var` are (num_features). In training mode
/// one value per channel has no variance: that throws.
///
/// As in PyTorch the mode says what a call does, on Tensors too, and whether the module is const or not: in training
/// mode it normalises by the batch's own statistics and moves the running ones (one thread at a time); in evaluation
/// mode it only reads them. Ioffe and Szegedy, 2015.
///
///     nn::BatchNorm1d<16> layer;
///     Tensor<float, 20, 16> y = layer(Tensor<float, 20, 16>{});
template <index_t NumFeatures, class... Tags>
class BatchNorm1d : public BatchNormLayer<BatchNorm1d<NumFeatures, Tags...>, 1, NumFeatures, Tags...> {
  using base = BatchNormLayer<BatchNorm1d, 1, NumFeatures, Tags...>;
  using parameter_type = typename base::parameter_type;
  using buffer_type = Buffer<typename base::tensor>;

 public:
  template <class... NewTags>
  using with_tags = BatchNorm1d<NumFeatures, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(BatchNorm1d, (parameter_type, weight), (parameter_type, bias), (buffer_type, running_mean),
                           (buffer_type, running_var));

  BatchNorm1d() { this->reset_parameters(); }
};

/// `torch.nn.BatchNorm2d(num_features, eps=1e-5, momentum=0.1, affine=True)`: (N, C, H, W) -> (N, C, H, W).
///
/// Parameters and errors as BatchNorm1d's.
///
///     nn::BatchNorm2d<16, nn::momentum<0.01>> layer;
///     Tensor<float, 20, 16, 35, 45> y = layer(Tensor<float, 20, 16, 35, 45>{});
template <index_t NumFeatures, class... Tags>
class BatchNorm2d : public BatchNormLayer<BatchNorm2d<NumFeatures, Tags...>, 2, NumFeatures, Tags...> {
  using base = BatchNormLayer<BatchNorm2d, 2, NumFeatures, Tags...>;
  using parameter_type = typename base::parameter_type;
  using buffer_type = Buffer<typename base::tensor>;

 public:
  template <class... NewTags>
  using with_tags = BatchNorm2d<NumFeatures, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(BatchNorm2d, (parameter_type, weight), (parameter_type, bias), (buffer_type, running_mean),
                           (buffer_type, running_var));

  BatchNorm2d() { this->reset_parameters(); }
};

/// `torch.nn.BatchNorm3d(num_features, eps=1e-5, momentum=0.1, affine=True)`: (N, C, D, H, W) -> (N, C, D, H, W).
///
/// Parameters and errors as BatchNorm1d's.
///
///     nn::BatchNorm3d<16> layer;
///     Tensor<float, 2, 16, 5, 6, 7> y = layer(Tensor<float, 2, 16, 5, 6, 7>{});
template <index_t NumFeatures, class... Tags>
class BatchNorm3d : public BatchNormLayer<BatchNorm3d<NumFeatures, Tags...>, 3, NumFeatures, Tags...> {
  using base = BatchNormLayer<BatchNorm3d, 3, NumFeatures, Tags...>;
  using parameter_type = typename base::parameter_type;
  using buffer_type = Buffer<typename base::tensor>;

 public:
  template <class... NewTags>
  using with_tags = BatchNorm3d<NumFeatures, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(BatchNorm3d, (parameter_type, weight), (parameter_type, bias), (buffer_type, running_mean),
                           (buffer_type, running_var));

  BatchNorm3d() { this->reset_parameters(); }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
