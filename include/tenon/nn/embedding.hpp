/// \file
/// Embedding: a table of vectors, looked up by index.
#pragma once

#include <cstdint>

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

namespace detail {
/// One of `Rows` rows; a negative number counts from the end.
template <class Default, index_t Rows>
struct RowOf : tag::Integer<Default, tag::Between<-Rows, Rows - 1>> {
  template <class Tag, index_t Given = tag::Integer<Default>::template result<Tag>::value>
  using result = tag::Value<(Given < 0 ? Given + Rows : Given)>;
};
}  // namespace detail

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
  using options = tag::Options<tag::Given<Tags...>, tag::Optional<detail::RowOf<nn::padding_idx<>, NumEmbeddings>>,
                               tag::Optional<tag::Real<nn::max_norm<>, tag::Positive>>,
                               tag::UnlessDefault<tag::Real<nn::norm_type<2>, tag::Positive>>,
                               tag::UnlessDefault<tag::Flag<nn::scale_grad_by_freq<false>>>>;
  static constexpr bool pads = tag::option<options, nn::padding_idx>::is_given;
  static constexpr index_t padding = pads ? tag::value<options, nn::padding_idx> : -1;
  static constexpr bool limits = tag::option<options, nn::max_norm>::is_given;
  using element = tag::element_t<Tags...>;
  using table = typename tag::parameters_of<Tags...>::template tensor<NumEmbeddings, EmbeddingDim>;

 public:
  using operation =
      tenon::operation::Embedding<element, NumEmbeddings, EmbeddingDim, padding,
                                  limits ? tag::value<options, nn::max_norm> : 0.0,
                                  limits ? tag::value<options, nn::norm_type> : 2.0,  // of no norm, all the same
                                  tag::value<options, nn::scale_grad_by_freq>>;
  template <class... NewTags>
  using with_tags = Embedding<NumEmbeddings, EmbeddingDim, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(Embedding, (Parameter<table>, weight));

  Embedding() {
    tag::check<Embedding>(options{});
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

  static Text extra_repr() { return repr(options{}, to_text(NumEmbeddings) + ", " + to_text(EmbeddingDim)); }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
