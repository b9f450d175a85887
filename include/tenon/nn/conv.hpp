/// \file
/// Convolution layers.
#pragma once

#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

// What errors call the convolutions.
template <index_t InChannels, index_t OutChannels>
struct Conv1d {
  static constexpr std::string_view name = "Conv1d";
};
template <index_t InChannels, index_t OutChannels>
struct Conv2d {
  static constexpr std::string_view name = "Conv2d";
};
template <index_t InChannels, index_t OutChannels>
struct Conv3d {
  static constexpr std::string_view name = "Conv3d";
};
/// What convolutions and transposed convolutions share. `Derived::output_size(axis, input)` is the size formula.
template <class Derived, class Shown, int Rank, index_t InChannels, index_t OutChannels, class Kernel, class Stride,
          class Padding, class Dilation, index_t Groups>
struct ConvOptions {
  using shown = Shown;
  static constexpr std::string_view name = shown::name;
  static constexpr autograd::Needs backward_needs = autograd::needs_product;
  static constexpr int rank = Rank;
  static constexpr index_t in_channels = InChannels, out_channels = OutChannels, groups = Groups;
  static constexpr std::array<index_t, std::size_t{Rank}> kernel = Kernel::value, stride = Stride::value,
                                                          padding = Padding::value, dilation = Dilation::value;
  static constexpr index_t kernel_elements = [] {
    index_t elements = 1;
    for (const index_t extent : kernel) elements *= extent;
    return elements;
  }();

  template <index_t... D, class... Parameters>
  static consteval auto output_shape(Shape<D...> x, Parameters...) {
    return output(x, std::make_index_sequence<std::size_t{Rank}>{});
  }

  template <class S>
  static consteval index_t multiply_adds(S) {
    constexpr auto g = Derived::geometry(S{});
    return g.batch * g.out_channels * g.out_size() * g.group_in_channels() * g.kernel_size();
  }

 private:
  // The smallest input that makes an output.
  static constexpr index_t least(std::size_t a) {
    index_t input = 1;
    while (Derived::output_size(a, input) < 1) ++input;
    return input;
  }
  template <index_t... D, std::size_t... A>
  static consteval auto output(Shape<D...>, std::index_sequence<A...>) {
    constexpr std::array<index_t, sizeof...(D)> dims{D...};
    constexpr bool accepted = [&] {
      if constexpr (sizeof...(D) == Rank + 2)
        return dims[1] == InChannels && ((Derived::output_size(A, dims[A + 2]) >= 1) && ...);
      else
        return false;
    }();
    if constexpr (accepted)
      return Shape<dims[0], OutChannels, Derived::output_size(A, dims[A + 2])...>{};
    else
      return reject_t<shown, expected_input<any, InChannels, at_least<least(A)>...>, Shape<D...>>{};
  }
};

/// Cross-correlation of (N, InChannels, axes...) with weights (OutChannels, InChannels / Groups, kernel...).
template <int Rank, index_t InChannels, index_t OutChannels, class Kernel, class Stride, class Padding, class Dilation,
          index_t Groups>
struct Conv
    : ConvOptions<Conv<Rank, InChannels, OutChannels, Kernel, Stride, Padding, Dilation, Groups>,
                  std::tuple_element_t<std::size_t{Rank - 1},
                                       std::tuple<Conv1d<InChannels, OutChannels>, Conv2d<InChannels, OutChannels>,
                                                  Conv3d<InChannels, OutChannels>>>,
                  Rank, InChannels, OutChannels, Kernel, Stride, Padding, Dilation, Groups> {
  static constexpr bool transposed = false;

  static constexpr index_t output_size(std::size_t a, index_t input) {
    return conv_output_size(input, Conv::kernel[a], Conv::stride[a], Conv::padding[a], Conv::dilation[a]);
  }

  /// The geometry on images of shape (N, C, axes...).
  template <index_t N, index_t C, index_t... Axes>
  static constexpr ConvGeometry<Rank> geometry(Shape<N, C, Axes...>) {
    constexpr std::array<index_t, std::size_t{Rank}> input{Axes...};
    ConvGeometry<Rank> g{N, InChannels, OutChannels, Groups, {}};
    for (std::size_t a = 0; a < Rank; ++a)
      g.axes[a] = {input[a],         Conv::kernel[a],   Conv::stride[a],
                   Conv::padding[a], Conv::dilation[a], output_size(a, input[a])};
    return g;
  }

  /// Channels of the weight: its first two extents.
  static constexpr std::array<index_t, 2> weight_channels{OutChannels, InChannels / Groups};
  /// The output channel of an element of the weight.
  static constexpr index_t channel_of(index_t element) {
    return element / (weight_channels[1] * Conv::kernel_elements);
  }
};

}  // namespace operation

namespace nn {

namespace detail {
/// The groups that convolutions of `Channels` may have.
template <index_t... Channels>
struct Divisors {
  static constexpr bool contains(double groups) {
    return groups > 0 && ((Channels % static_cast<index_t>(groups)) + ...) == 0;
  }
};

/// The options of convolution layers; `More` are those of transposed ones.
template <class Given, int Rank, index_t InChannels, index_t OutChannels, class... More>
using ConvOptions = tag::Options<Given, tag::PerAxis<nn::kernel_size<>, Rank>, tag::PerAxis<nn::stride<1>, Rank>,
                                 tag::UnlessDefault<tag::PerAxis<nn::padding<0>, Rank, 0>>,
                                 tag::UnlessDefault<tag::PerAxis<nn::dilation<1>, Rank>>, More...,
                                 tag::UnlessDefault<tag::Integer<nn::groups<1>, Divisors<InChannels, OutChannels>>>,
                                 tag::UnlessDefault<tag::Flag<nn::bias<true>>>>;
}  // namespace detail

/// The options of a convolution layer and what its tags make of them.
template <int Rank, index_t InChannels, index_t OutChannels, class... Tags>
struct ConvTags {
  using options = detail::ConvOptions<tag::Given<Tags...>, Rank, InChannels, OutChannels>;
  using operation = tenon::operation::Conv<Rank, InChannels, OutChannels, tag::type<options, nn::kernel_size>,
                                           tag::type<options, nn::stride>, tag::type<options, nn::padding>,
                                           tag::type<options, nn::dilation>, tag::value<options, nn::groups>>;
};

/// What all convolution layers share: `Name` is the layer's template, `Meaning` what its `Tags` mean.
template <template <index_t, index_t, class...> class Name, class Meaning, class... Tags>
class ConvLayer : public Layer<Name<Meaning::operation::in_channels, Meaning::operation::out_channels, Tags...>> {
  using Operation = typename Meaning::operation;
  using options = typename Meaning::options;
  static constexpr bool has_bias = tag::value<options, nn::bias>;
  template <index_t... D>
  using tensor = typename tag::parameters_of<Tags...>::template tensor<D...>;
  template <class Indices>
  struct weight_of;
  template <std::size_t... A>
  struct weight_of<std::index_sequence<A...>> {
    using type = tensor<Operation::weight_channels[0], Operation::weight_channels[1], Operation::kernel[A]...>;
  };

 public:
  using operation = Operation;
  template <class... NewTags>
  using with_tags = Name<Operation::in_channels, Operation::out_channels, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;
  using weight_type = Parameter<typename weight_of<std::make_index_sequence<Operation::rank>>::type>;
  using bias_type = parameter_if<has_bias, tensor<Operation::out_channels>>;

  ConvLayer() { tag::check<with_tags<Tags...>>(options{}); }

  /// Weight and bias from U(-k, k), k = 1/sqrt(weight.size(1) * kernel size).
  void reset_parameters() {
    auto& layer = this->self();
    const double bound = 1 / std::sqrt(static_cast<double>(Operation::weight_channels[1] * Operation::kernel_elements));
    fill_uniform(layer.weight.overwrite(), bound);
    if constexpr (has_bias) fill_uniform(layer.bias.overwrite(), bound);
  }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x, this->self().weight, this->self().bias);
  }

  static Text extra_repr() {
    return repr(options{}, to_text(Operation::in_channels) + ", " + to_text(Operation::out_channels));
  }
};

/// `torch.nn.Conv1d`: (N, in_channels, L) -> (N, out_channels, L').
///
/// Tags: kernel_size (required), stride<1>, padding<0>, dilation<1>, groups<1>, bias<true>. `weight` is (out_channels,
/// in_channels / groups, kernel), `bias` (out_channels). An input of other channels, or one that with its padding is
/// shorter than the kernel, does not compile.
///
///     nn::Conv1d<16, 33, nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 20, 33, 24> y = layer(Tensor<float, 20, 16, 50>{});
template <index_t InChannels, index_t OutChannels, class... Tags>
struct Conv1d : ConvLayer<Conv1d, ConvTags<1, InChannels, OutChannels, Tags...>, Tags...> {
  BOOST_HANA_DEFINE_STRUCT(Conv1d, (typename Conv1d::weight_type, weight), (typename Conv1d::bias_type, bias));

  Conv1d() { this->reset_parameters(); }
};

/// `torch.nn.Conv2d`: (N, in_channels, H, W) -> (N, out_channels, H', W').
///
/// Tags as of Conv1d; one value or one per axis. `weight` is (out_channels, in_channels / groups, kernel height, kernel
/// width), `bias` (out_channels).
///
///     nn::Conv2d<16, 33, nn::kernel_size<3, 5>, nn::stride<2, 1>, nn::padding<4, 2>> layer;
///     Tensor<float, 20, 33, 28, 100> y = layer(Tensor<float, 20, 16, 50, 100>{});
template <index_t InChannels, index_t OutChannels, class... Tags>
struct Conv2d : ConvLayer<Conv2d, ConvTags<2, InChannels, OutChannels, Tags...>, Tags...> {
  BOOST_HANA_DEFINE_STRUCT(Conv2d, (typename Conv2d::weight_type, weight), (typename Conv2d::bias_type, bias));

  Conv2d() { this->reset_parameters(); }
};

/// `torch.nn.Conv3d`: (N, in_channels, D, H, W) -> (N, out_channels, D', H', W').
///
/// Tags as of Conv1d; one value or one per axis. `weight` is (out_channels, in_channels / groups, kernel depth, kernel
/// height, kernel width), `bias` (out_channels).
///
///     nn::Conv3d<16, 33, nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 33, 4, 9, 9> y = layer(Tensor<float, 2, 16, 10, 20, 20>{});
template <index_t InChannels, index_t OutChannels, class... Tags>
struct Conv3d : ConvLayer<Conv3d, ConvTags<3, InChannels, OutChannels, Tags...>, Tags...> {
  BOOST_HANA_DEFINE_STRUCT(Conv3d, (typename Conv3d::weight_type, weight), (typename Conv3d::bias_type, bias));

  Conv3d() { this->reset_parameters(); }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
