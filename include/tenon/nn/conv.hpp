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

/// Cross-correlation of (N, InChannels, axes...) with weights (OutChannels, InChannels / Groups, kernel...).
template <int Rank, index_t InChannels, index_t OutChannels, class Kernel, class Stride, class Padding, class Dilation,
          index_t Groups>
struct Conv {
  using shown = std::tuple_element_t<Rank - 1, std::tuple<Conv1d<InChannels, OutChannels>, Conv2d<InChannels, OutChannels>,
                                                          Conv3d<InChannels, OutChannels>>>;
  static constexpr std::string_view name = shown::name;
  static constexpr int rank = Rank;
  static constexpr index_t in_channels = InChannels, out_channels = OutChannels, groups = Groups;
  static constexpr std::array<index_t, Rank> kernel = Kernel::value, stride = Stride::value, padding = Padding::value,
                                             dilation = Dilation::value;

  /// The geometry on images of shape (N, C, axes...).
  template <index_t N, index_t C, index_t... Axes>
  static constexpr ConvGeometry<Rank> geometry(Shape<N, C, Axes...>) {
    ConvGeometry<Rank> g{N, InChannels, OutChannels, Groups, {}};
    constexpr std::array<index_t, Rank> input{Axes...};
    for (std::size_t a = 0; a < Rank; ++a)
      g.axes[a] = {input[a],    kernel[a],  stride[a],
                   padding[a], dilation[a], conv_output_size(input[a], kernel[a], stride[a], padding[a], dilation[a])};
    return g;
  }

  template <index_t... D, class... Parameters>
  static consteval auto output_shape(Shape<D...> x, Parameters...) {
    return output(x, std::make_index_sequence<Rank>{});
  }

  template <class S>
  static consteval index_t multiply_adds(S) {
    constexpr auto g = geometry(S{});
    return g.batch * OutChannels * g.out_size() * g.group_in_channels() * g.kernel_size();
  }

 private:
  // The least input extent whose padded span holds the kernel.
  static constexpr index_t least(std::size_t a) {
    const index_t extent = dilation[a] * (kernel[a] - 1) + 1 - 2 * padding[a];
    return extent < 1 ? 1 : extent;
  }
  template <index_t... D, std::size_t... A>
  static consteval auto output(Shape<D...>, std::index_sequence<A...>) {
    constexpr std::array<index_t, sizeof...(D)> dims{D...};
    constexpr bool accepted = [&] {
      if constexpr (sizeof...(D) == Rank + 2)
        return dims[1] == InChannels && ((dims[A + 2] >= least(A)) && ...);
      else
        return false;
    }();
    if constexpr (accepted)
      return Shape<dims[0], OutChannels,
                   conv_output_size(dims[A + 2], kernel[A], stride[A], padding[A], dilation[A])...>{};
    else
      return reject_t<shown, expected_input<any, InChannels, at_least<least(A)>...>, Shape<D...>>{};
  }
};

}  // namespace operation

namespace nn {

/// What Conv1d, Conv2d and Conv3d share; `Derived` is the layer as the user spells it.
template <class Derived, int Rank, index_t InChannels, index_t OutChannels, class... Tags>
class ConvLayer : public Layer<Derived> {
  using kernel_tag = tag::find_t<nn::kernel_size, nn::kernel_size<>, Tags...>;
  using stride_tag = tag::find_t<nn::stride, nn::stride<1>, Tags...>;
  using padding_tag = tag::find_t<nn::padding, nn::padding<0>, Tags...>;
  using dilation_tag = tag::find_t<nn::dilation, nn::dilation<1>, Tags...>;
  using kernel = tag::axes_t<Rank, 1, kernel_tag>;
  static constexpr index_t groups = tag::value<tag::find_t<nn::groups, nn::groups<1>, Tags...>>;

 public:
  using operation = tenon::operation::Conv<
      Rank, InChannels, OutChannels, kernel, tag::axes_t<Rank, 1, stride_tag>, tag::axes_t<Rank, 0, padding_tag>,
      tag::axes_t<Rank, 1, dilation_tag>, groups>;

 protected:
  static constexpr bool has_bias = tag::value<tag::find_t<nn::bias, nn::bias<true>, Tags...>>;
  template <index_t... D>
  using tensor = typename tag::parameters_of<Tags...>::template tensor<D...>;

  template <class K>
  struct weight_of;
  template <index_t... K>
  struct weight_of<tag::Axes<Rank, K...>> {
    using type = Parameter<tensor<OutChannels, InChannels / groups, K...>>;
  };
  using weight_type = typename weight_of<kernel>::type;
  using bias_type = parameter_if<has_bias, tensor<OutChannels>>;

  ConvLayer() {
    using known = tag::names<nn::kernel_size, nn::stride, nn::padding, nn::dilation, nn::groups, nn::bias>;
    tag::check<Derived, known, Tags...>();
    tag::require_axes<Derived, Rank, 1, kernel_tag>();
    tag::require_axes<Derived, Rank, 1, stride_tag>();
    tag::require_axes<Derived, Rank, 0, padding_tag>();
    tag::require_axes<Derived, Rank, 1, dilation_tag>();
    tag::require<Derived, nn::groups<groups>,
                 (groups > 0) && InChannels % groups == 0 && OutChannels % groups == 0>();
  }

 public:
  /// Weight and bias from U(-k, k), k = 1/sqrt(in_channels / groups * kernel size).
  void reset_parameters() {
    Derived& layer = this->self();
    const double bound = 1 / std::sqrt(static_cast<double>(layer.weight.data().size()) / OutChannels);
    fill_uniform(layer.weight.data(), bound);
    if constexpr (has_bias) fill_uniform(layer.bias.data(), bound);
  }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x, this->self().weight, this->self().bias);
  }

  static std::string extra_repr() {
    std::string text = std::to_string(InChannels) + ", " + std::to_string(OutChannels) +
                       ", kernel_size=" + repr(operation::kernel) + ", stride=" + repr(operation::stride);
    if (operation::padding != std::array<index_t, Rank>{}) text += ", padding=" + repr(operation::padding);
    if (tag::given<nn::dilation, Tags...>) text += ", dilation=" + repr(operation::dilation);
    if (groups != 1) text += ", groups=" + std::to_string(groups);
    return text + (has_bias ? "" : ", bias=False");
  }
};

/// `torch.nn.Conv2d`: (N, in_channels, H, W) -> (N, out_channels, H', W').
///
/// Tags: kernel_size (required), stride<1>, padding<0>, dilation<1>, groups<1>, bias<true>; one value or one per axis.
/// `weight` is (out_channels, in_channels / groups, kernel height, kernel width), `bias` (out_channels).
template <index_t InChannels, index_t OutChannels, class... Tags>
class Conv2d : public ConvLayer<Conv2d<InChannels, OutChannels, Tags...>, 2, InChannels, OutChannels, Tags...> {
  using base = ConvLayer<Conv2d, 2, InChannels, OutChannels, Tags...>;
  using weight_type = typename base::weight_type;
  using bias_type = typename base::bias_type;

 public:
  template <class... NewTags>
  using with_tags = Conv2d<InChannels, OutChannels, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(Conv2d, (weight_type, weight), (bias_type, bias));

  Conv2d() { this->reset_parameters(); }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
