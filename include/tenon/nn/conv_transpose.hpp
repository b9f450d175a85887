/// \file
/// Transposed convolution layers.
#pragma once

#include <algorithm>

#include "conv.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

// What errors call the transposed convolutions.
template <index_t InChannels, index_t OutChannels>
struct ConvTranspose1d {
  static constexpr std::string_view name = "ConvTranspose1d";
};
template <index_t InChannels, index_t OutChannels>
struct ConvTranspose2d {
  static constexpr std::string_view name = "ConvTranspose2d";
};
template <index_t InChannels, index_t OutChannels>
struct ConvTranspose3d {
  static constexpr std::string_view name = "ConvTranspose3d";
};

/// The gradient of a convolution with respect to its input, on (N, InChannels, axes...) with weights (InChannels,
/// OutChannels / Groups, kernel...).
template <int Rank, index_t InChannels, index_t OutChannels, class Kernel, class Stride, class Padding,
          class OutputPadding, class Dilation, index_t Groups>
struct ConvTranspose
    : ConvOptions<
          ConvTranspose<Rank, InChannels, OutChannels, Kernel, Stride, Padding, OutputPadding, Dilation, Groups>,
          std::tuple_element_t<std::size_t{Rank - 1}, std::tuple<ConvTranspose1d<InChannels, OutChannels>,
                                                                 ConvTranspose2d<InChannels, OutChannels>,
                                                                 ConvTranspose3d<InChannels, OutChannels>>>,
          Rank, InChannels, OutChannels, Kernel, Stride, Padding, Dilation, Groups> {
  static constexpr bool transposed = true;
  static constexpr std::array<index_t, std::size_t{Rank}> output_padding = OutputPadding::value;

  static constexpr index_t output_size(std::size_t a, index_t input) {
    return conv_transpose_output_size(input, ConvTranspose::kernel[a], ConvTranspose::stride[a],
                                      ConvTranspose::padding[a], ConvTranspose::dilation[a], output_padding[a]);
  }

  /// The geometry of the convolution, whose output has shape (N, C, axes...).
  template <index_t N, index_t C, index_t... Axes>
  static constexpr ConvGeometry<Rank> geometry(Shape<N, C, Axes...>) {
    constexpr std::array<index_t, std::size_t{Rank}> input{Axes...};
    ConvGeometry<Rank> g{N, OutChannels, InChannels, Groups, {}};
    for (std::size_t a = 0; a < Rank; ++a)
      g.axes[a] = {output_size(a, input[a]),  ConvTranspose::kernel[a],   ConvTranspose::stride[a],
                   ConvTranspose::padding[a], ConvTranspose::dilation[a], input[a]};
    return g;
  }

  /// Channels of the weight: its first two extents.
  static constexpr std::array<index_t, 2> weight_channels{InChannels, OutChannels / Groups};
  /// The output channel of an element of the weight.
  static constexpr index_t channel_of(index_t element) {
    constexpr index_t outputs = weight_channels[1];
    const index_t row = element / ConvTranspose::kernel_elements;  // (in channel, output within its group)
    return row / outputs / (InChannels / Groups) * outputs + row % outputs;
  }
};

/// A transposed convolution that is asked for an output it cannot make.
template <class Shown, class Expected, class Actual>
struct Unattainable {
  static constexpr std::string_view name = Shown::name;
  template <class... S>
  static consteval auto output_shape(S...) {
    return Rejection<Shown, Expected, Actual>{};
  }
};

/// `Operation` with the output padding that makes an output of size `Size` from images of shape `S`: one of the
/// `stride` sizes per axis of which the convolution makes such images.
template <class Operation, class S, class Size, class Indices = std::make_index_sequence<Operation::rank>>
struct with_output_size {
  using type = Operation;  // which rejects `S`
};
template <int Rank, index_t In, index_t Out, class K, class St, class P, class OutputPadding, class D, index_t Groups,
          index_t N, index_t C, index_t... Input, index_t... Size, std::size_t... A>
  requires(sizeof...(Input) == Rank)
struct with_output_size<ConvTranspose<Rank, In, Out, K, St, P, OutputPadding, D, Groups>, Shape<N, C, Input...>,
                        tag::Axes<Rank, Size...>, std::index_sequence<A...>> {
  using Smallest = ConvTranspose<Rank, In, Out, K, St, P, tag::Axes<Rank, index_t{A} * 0 ...>, D, Groups>;
  static constexpr std::array<index_t, std::size_t{Rank}> least{Smallest::output_size(A, Input)...};
  static constexpr bool attainable = ((Size >= least[A] && Size < least[A] + Smallest::stride[A]) && ...);
  using type =
      std::conditional_t<attainable,
                         ConvTranspose<Rank, In, Out, K, St, P, tag::Axes<Rank, (Size - least[A])...>, D, Groups>,
                         Unattainable<typename Smallest::shown,
                                      expected_output_size<between<least[A], least[A] + Smallest::stride[A] - 1>...>,
                                      actual_output_size<Size...>>>;
};

}  // namespace operation

namespace nn {

/// The options of a transposed convolution layer and what its tags make of them.
template <int Rank, index_t InChannels, index_t OutChannels, class... Tags>
struct ConvTransposeTags {
  using options = detail::ConvOptions<tag::Given<Tags...>, Rank, InChannels, OutChannels,
                                      tag::UnlessDefault<tag::PerAxis<nn::output_padding<0>, Rank, 0>>>;
  using operation = tenon::operation::ConvTranspose<Rank, InChannels, OutChannels, tag::type<options, nn::kernel_size>,
                                                    tag::type<options, nn::stride>, tag::type<options, nn::padding>,
                                                    tag::type<options, nn::output_padding>,
                                                    tag::type<options, nn::dilation>, tag::value<options, nn::groups>>;
};

/// What the transposed convolution layers share.
template <template <index_t, index_t, class...> class Name, int Rank, index_t InChannels, index_t OutChannels,
          class... Tags>
class ConvTransposeLayer : public ConvLayer<Name, ConvTransposeTags<Rank, InChannels, OutChannels, Tags...>, Tags...> {
  using meaning = ConvTransposeTags<Rank, InChannels, OutChannels, Tags...>;
  using base = ConvLayer<Name, meaning, Tags...>;
  using layer = Name<InChannels, OutChannels, Tags...>;

 public:
  using base::forward;

  ConvTransposeLayer() {
    // Less than the stride or the dilation, as in PyTorch.
    constexpr bool output_padding_fits = [] {
      using Transposed = typename meaning::operation;
      bool fits = true;
      for (std::size_t a = 0; a < Rank; ++a)
        fits = fits && Transposed::output_padding[a] < (std::max)(Transposed::stride[a], Transposed::dilation[a]);
      return fits;
    }();
    tag::require<layer, typename meaning::options, nn::output_padding, output_padding_fits>();
  }

  /// With the output padding that makes an output of this size; a size out of reach does not compile.
  template <class X, auto... Size>
  auto forward(const X& x, nn::output_size<Size...>) const {
    using Wanted = tag::Option<tag::PerAxis<nn::output_size<>, Rank>, nn::output_size<Size...>>;
    tag::require<layer, typename Wanted::tag, Wanted::fits>();
    if constexpr (tenon::detail::is_rejected<X> || !Wanted::fits) {
      return Rejected{};
    } else {
      using Sized = tenon::operation::with_output_size<typename base::operation, shape_of_t<X>, typename Wanted::type>;
      return apply(typename Sized::type{}, x, this->self().weight, this->self().bias);
    }
  }
};

/// `torch.nn.ConvTranspose1d`: (N, in_channels, L) -> (N, out_channels, L'), the gradient of a Conv1d with respect to
/// its input.
///
/// Tags: kernel_size (required), stride<1>, padding<0>, output_padding<0>, groups<1>, bias<true>, dilation<1>. `weight`
/// is (in_channels, out_channels / groups, kernel), `bias` (out_channels). `layer(x, nn::output_size<12>{})` asks for
/// one of the `stride` sizes of which a Conv1d makes `x`'s; another size, or an input of other channels, does not
/// compile.
///
///     nn::ConvTranspose1d<16, 33, nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 20, 33, 101> y = layer(Tensor<float, 20, 16, 50>{});
template <index_t InChannels, index_t OutChannels, class... Tags>
struct ConvTranspose1d : ConvTransposeLayer<ConvTranspose1d, 1, InChannels, OutChannels, Tags...> {
  BOOST_HANA_DEFINE_STRUCT(ConvTranspose1d, (typename ConvTranspose1d::weight_type, weight),
                           (typename ConvTranspose1d::bias_type, bias));

  ConvTranspose1d() { this->reset_parameters(); }
};

/// `torch.nn.ConvTranspose2d`: (N, in_channels, H, W) -> (N, out_channels, H', W').
///
/// Tags as of ConvTranspose1d; one value or one per axis. `weight` is (in_channels, out_channels / groups, kernel
/// height, kernel width), `bias` (out_channels).
///
///     nn::ConvTranspose2d<16, 16, nn::kernel_size<3>, nn::stride<2>, nn::padding<1>> layer;
///     Tensor<float, 1, 16, 11, 11> y = layer(Tensor<float, 1, 16, 6, 6>{});
///     Tensor<float, 1, 16, 12, 12> z = layer(Tensor<float, 1, 16, 6, 6>{}, nn::output_size<12, 12>{});
template <index_t InChannels, index_t OutChannels, class... Tags>
struct ConvTranspose2d : ConvTransposeLayer<ConvTranspose2d, 2, InChannels, OutChannels, Tags...> {
  BOOST_HANA_DEFINE_STRUCT(ConvTranspose2d, (typename ConvTranspose2d::weight_type, weight),
                           (typename ConvTranspose2d::bias_type, bias));

  ConvTranspose2d() { this->reset_parameters(); }
};

/// `torch.nn.ConvTranspose3d`: (N, in_channels, D, H, W) -> (N, out_channels, D', H', W').
///
/// Tags as of ConvTranspose1d; one value or one per axis. `weight` is (in_channels, out_channels / groups, kernel
/// depth, kernel height, kernel width), `bias` (out_channels).
///
///     nn::ConvTranspose3d<16, 33, nn::kernel_size<3>, nn::stride<2>> layer;
///     Tensor<float, 2, 33, 11, 11, 11> y = layer(Tensor<float, 2, 16, 5, 5, 5>{});
template <index_t InChannels, index_t OutChannels, class... Tags>
struct ConvTranspose3d : ConvTransposeLayer<ConvTranspose3d, 3, InChannels, OutChannels, Tags...> {
  BOOST_HANA_DEFINE_STRUCT(ConvTranspose3d, (typename ConvTranspose3d::weight_type, weight),
                           (typename ConvTranspose3d::bias_type, bias));

  ConvTranspose3d() { this->reset_parameters(); }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
