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
    : ConvOptions<
          Conv<Rank, InChannels, OutChannels, Kernel, Stride, Padding, Dilation, Groups>,
          std::tuple_element_t<
              std::size_t{Rank - 1},
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

/// The options of a convolution layer as its tags give them.
template <int Rank, index_t InChannels, index_t OutChannels, class... Tags>
struct ConvTags {
  using kernel_tag = tag::find_t<nn::kernel_size, nn::kernel_size<>, Tags...>;
  using stride_tag = tag::find_t<nn::stride, nn::stride<1>, Tags...>;
  using padding_tag = tag::find_t<nn::padding, nn::padding<0>, Tags...>;
  using dilation_tag = tag::find_t<nn::dilation, nn::dilation<1>, Tags...>;
  using groups_tag = tag::find_t<nn::groups, nn::groups<1>, Tags...>;
  using kernel = tag::axes_t<Rank, 1, kernel_tag>;
  using stride = tag::axes_t<Rank, 1, stride_tag>;
  using padding = tag::axes_t<Rank, 0, padding_tag>;
  using dilation = tag::axes_t<Rank, 1, dilation_tag>;
  static constexpr bool groups_fit = tag::value<groups_tag> > 0 && InChannels % tag::value<groups_tag> == 0 &&
                                     OutChannels % tag::value<groups_tag> == 0;
  static constexpr index_t groups = groups_fit ? tag::value<groups_tag> : 1;
  using operation = tenon::operation::Conv<Rank, InChannels, OutChannels, kernel, stride, padding, dilation, groups>;
  using known = tag::names<nn::kernel_size, nn::stride, nn::padding, nn::dilation, nn::groups, nn::bias>;

  /// Complains of the wrong ones; `Layer` has those of the names `Known`.
  template <class Layer, class Known = known>
  static constexpr void check_options() {
    tag::check<Layer, Known, Tags...>();
    tag::require_axes<Layer, Rank, 1, kernel_tag>();
    tag::require_axes<Layer, Rank, 1, stride_tag>();
    tag::require_axes<Layer, Rank, 0, padding_tag>();
    tag::require_axes<Layer, Rank, 1, dilation_tag>();
    tag::require<Layer, groups_tag, groups_fit>();
  }
};

/// What all convolution layers share: `Name` is the layer's template, `Options` what its `Tags` mean.
template <template <index_t, index_t, class...> class Name, class Options, class... Tags>
class ConvLayer : public Layer<Name<Options::operation::in_channels, Options::operation::out_channels, Tags...>> {
  using Operation = typename Options::operation;
  static constexpr bool has_bias = tag::value<tag::find_t<nn::bias, nn::bias<true>, Tags...>>;
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

  ConvLayer() { Options::template check_options<with_tags<Tags...>>(); }

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
    const auto unless = [](index_t usual, const char* option, const auto& axes) {
      for (const index_t value : axes)
        if (value != usual) return Text(", ") + option + "=" + repr(axes);
      return Text();
    };
    Text text = to_text(Operation::in_channels) + ", " + to_text(Operation::out_channels) +
                       ", kernel_size=" + repr(Operation::kernel) + ", stride=" + repr(Operation::stride) +
                       unless(0, "padding", Operation::padding) + unless(1, "dilation", Operation::dilation);
    if constexpr (requires { Operation::output_padding; })
      text += unless(0, "output_padding", Operation::output_padding);
    if (Operation::groups != 1) text += ", groups=" + to_text(Operation::groups);
    return text + (has_bias ? "" : ", bias=False");
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
