/// \file
/// Embedding: a table of vectors, looked up by index.
#pragma once

#include <cstdint>
#include <limits>

#include "../core/pointwise.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// Rows of a table (NumEmbeddings, EmbeddingDim) of `T`. PaddingIdx is -1 and MaxNorm 0 where there is none.
template <class T, index_t NumEmbeddings, index_t EmbeddingDim, index_t PaddingIdx, double MaxNorm, double NormType,
          bool ScaleGradByFreq>
struct Embedding {
  static constexpr std::string_view name = "Embedding";
  /// The indices, not the table.
  static constexpr autograd::Needs backward_needs{{0, 0b01}, autograd::roles_of_a_layer};
  static constexpr index_t num_embeddings = NumEmbeddings, embedding_dim = EmbeddingDim, padding_idx = PaddingIdx;
  static constexpr double max_norm = MaxNorm, norm_type = NormType;
  static constexpr bool scale_grad_by_freq = ScaleGradByFreq;
  static constexpr bool renormalizes = MaxNorm > 0;

  static constexpr int index_argument = 0;
  /// The result is as the table.
  template <std::size_t, class>
  using result_element = T;

  /// The table's elements, for a call that shortens rows longer than MaxNorm.
  T* table = nullptr;
  /// Whether a call that is not recorded leaves the table as it is, and shortens only what it looks up.
  bool only_reads = false;

  template <index_t... D, class... Parameters>
  static consteval auto output_shape(Shape<D...>, Parameters...) {
    return Shape<D..., EmbeddingDim>{};
  }
};

}  // namespace operation

namespace nn {

/// `torch.nn.Embedding(num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2,
/// scale_grad_by_freq=False)`: indices in [0, num_embeddings), 64-bit integers of any shape (*) -> (*, embedding_dim).
///
/// `weight` is (num_embeddings, embedding_dim), drawn from N(0, 1); its gradient is recorded for indices in a Variable.
/// Tags: padding_idx (none; its row begins as zeros and gets no gradient; a negative one counts from the end), max_norm
/// (none; a looked-up row of larger norm is scaled to it, in place; on Tensors a const layer gives the same result and
/// leaves its table as it is), norm_type<2> (that norm's p),
/// scale_grad_by_freq<false> (the gradient of a row is divided by how often it was looked up). An index outside the
/// table is a tenon::Error, before anything is written; in a compiled net it gives a row of zeros and `status()` says
/// so.
///
///     nn::Embedding<10, 3, nn::padding_idx<0>> layer;
///     Tensor<float, 2, 4, 3> y = layer(Tensor<std::int64_t, 2, 4>{});
template <index_t NumEmbeddings, index_t EmbeddingDim, class... Tags>
class Embedding : public Layer<Embedding<NumEmbeddings, EmbeddingDim, Tags...>> {
  static_assert(NumEmbeddings > 0 && EmbeddingDim > 0, "Embedding: the table has rows and columns");
  using padding_tag = tag::find_t<nn::padding_idx, nn::padding_idx<NumEmbeddings>, Tags...>;  // none
  static constexpr bool pads = tag::given<nn::padding_idx, Tags...>;
  static constexpr index_t given_padding = tag::value<padding_tag>;
  static constexpr index_t padding = !pads ? -1 : given_padding < 0 ? given_padding + NumEmbeddings : given_padding;
  static constexpr double max_norm = tag::value<tag::find_t<nn::max_norm, nn::max_norm<0>, Tags...>>;
  static constexpr bool limits = tag::given<nn::max_norm, Tags...>;
  static constexpr double norm_type = tag::value<tag::find_t<nn::norm_type, nn::norm_type<2>, Tags...>>;
  static constexpr bool by_frequency =
      tag::value<tag::find_t<nn::scale_grad_by_freq, nn::scale_grad_by_freq<false>, Tags...>>;
  using element = tag::element_t<Tags...>;
  using table = typename tag::parameters_of<Tags...>::template tensor<NumEmbeddings, EmbeddingDim>;

 public:
  using operation = tenon::operation::Embedding<element, NumEmbeddings, EmbeddingDim, padding, max_norm,
                                                limits ? norm_type : 2, by_frequency>;
  template <class... NewTags>
  using with_tags = Embedding<NumEmbeddings, EmbeddingDim, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(Embedding, (Parameter<table>, weight));

  Embedding() {
    constexpr double largest = (std::numeric_limits<double>::max)();
    tag::check<Embedding, tag::names<nn::padding_idx, nn::max_norm, nn::norm_type, nn::scale_grad_by_freq>, Tags...>();
    tag::require<Embedding, padding_tag, (!pads || (padding >= 0 && padding < NumEmbeddings))>();
    tag::require<Embedding, nn::max_norm<max_norm>, (!limits || (max_norm > 0 && max_norm <= largest))>();
    tag::require<Embedding, nn::norm_type<norm_type>, (norm_type > 0 && norm_type <= largest)>();
    reset_parameters();
  }

  void reset_parameters() {
    fill_normal(weight.overwrite());
    if constexpr (pads) table::place::fill(weight.data().data() + padding * EmbeddingDim, EmbeddingDim, element(0));
  }

  template <class X>
  auto forward(const X& x) {
    if constexpr (operation::renormalizes)
      return apply(operation{weight.overwrite().data()}, x, weight);
    else
      return apply(operation{}, x, weight);
  }
  template <class X>
  auto forward(const X& x) const {
    if constexpr (operation::renormalizes) {
      if constexpr (is_variable<X>)
        if (autograd::wanted_gradients(x, weight) != 0) weight.state()->changed();
      return apply(operation{weight.state()->value().data(), true}, x, weight);
    } else {
      return apply(operation{}, x, weight);
    }
  }

  static Text extra_repr() {
    return to_text(NumEmbeddings) + ", " + to_text(EmbeddingDim) +
           (pads ? ", padding_idx=" + to_text(padding) : "") + (limits ? ", max_norm=" + repr(max_norm) : "") +
           (!pointwise::equal(norm_type, 2.0) ? ", norm_type=" + repr(norm_type) : "") +
           (by_frequency ? ", scale_grad_by_freq=True" : "");
  }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
