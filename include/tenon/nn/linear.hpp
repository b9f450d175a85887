/// \file
/// Linear layers.
#pragma once

#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// y = x W^T + b over the last axis.
template <index_t InFeatures, index_t OutFeatures>
struct Linear {
  static constexpr std::string_view name = "Linear";
  static constexpr autograd::Needs backward_needs = autograd::needs_product;
  static constexpr index_t in_features = InFeatures, out_features = OutFeatures;

  template <index_t... D, class... Parameters>
  static consteval auto output_shape(Shape<D...>, Parameters...) {
    if constexpr (last_extent<D...> == InFeatures)
      return replace_extent_t<Shape<D...>, sizeof...(D) - 1, OutFeatures>{};
    else
      return reject_t<Linear, expected_input<any, InFeatures>, Shape<D...>>{};
  }

  template <index_t... D>
  static consteval index_t multiply_adds(Shape<D...>) {
    return Shape<D...>::size * OutFeatures;
  }
};

}  // namespace operation

namespace nn {

/// `torch.nn.Linear(in_features, out_features, bias=True)`: y = x W^T + b, (*, in_features) -> (*, out_features).
///
/// `weight` is (out_features, in_features), `bias` (out_features), both drawn from U(-k, k), k = 1/sqrt(in_features).
/// Tags: bias<true>. An input whose last extent is not in_features does not compile.
///
///     nn::Linear<20, 30> layer;
///     Tensor<float, 128, 30> y = layer(Tensor<float, 128, 20>{});
template <index_t InFeatures, index_t OutFeatures, class... Tags>
class Linear : public Layer<Linear<InFeatures, OutFeatures, Tags...>> {
  using options = tag::Options<tag::Given<Tags...>, tag::Flag<nn::bias<true>>>;
  static constexpr bool has_bias = tag::value<options, nn::bias>;
  template <index_t... D>
  using tensor = typename tag::parameters_of<Tags...>::template tensor<D...>;

 public:
  using operation = tenon::operation::Linear<InFeatures, OutFeatures>;
  template <class... NewTags>
  using with_tags = Linear<InFeatures, OutFeatures, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(Linear, (Parameter<tensor<OutFeatures, InFeatures>>, weight),
                           (parameter_if<has_bias, tensor<OutFeatures>>, bias));

  Linear() {
    tag::check<Linear>(options{});
    reset_parameters();
  }

  void reset_parameters() {
    const double bound = 1 / std::sqrt(static_cast<double>(InFeatures));
    fill_uniform(weight.overwrite(), bound);
    if constexpr (has_bias) fill_uniform(bias.overwrite(), bound);
  }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x, weight, bias);
  }

  static Text extra_repr() {
    return repr(options{}, "in_features=" + to_text(InFeatures) + ", out_features=" + to_text(OutFeatures));
  }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
