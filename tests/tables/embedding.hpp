#pragma once

BOOST_AUTO_TEST_SUITE(embedding)
using namespace tenon_test;

template <index_t... D>
using Indices = Tensor<std::int64_t, D...>;

BOOST_AUTO_TEST_CASE(options) {
  check_everywhere<nn::Embedding<4, 3>, Indices<2, 3>>({.vectors = "Embedding.p01.table"});
  check<nn::Embedding<4, 3, nn::norm_type<2>>, Indices<2, 3>>({.vectors = "Embedding.p02.db_0"});
  check<nn::Embedding<7, 5, nn::scale_grad_by_freq<false>>, Indices<3, 6>>({.vectors = "Embedding.p03.plain"});
  // The other gradients are no derivatives: of a fixed row, of rows that the call itself changes, or a share.
  check<nn::Embedding<5, 3, nn::padding_idx<1>>, Indices<2, 3>>(
      {.vectors = "Embedding.p04.padding_idx", .gradients = false});
  check_everywhere_in_double<nn::Embedding<8, 2, nn::max_norm<1.0>>, Indices<3, 5>>(
      {.vectors = "Embedding.p05.max_norm", .gradients = false});
  check<nn::Embedding<6, 5, nn::max_norm<0.75>, nn::norm_type<1>>, Indices<2, 5>>(
      {.vectors = "Embedding.p06.max_norm_norm_type", .gradients = false});
  check<nn::Embedding<7, 3, nn::scale_grad_by_freq<true>>, Indices<1, 5>>(
      {.vectors = "Embedding.p07.scale_grad_by_freq", .gradients = false});
  check_everywhere<nn::Embedding<7, 4, nn::scale_grad_by_freq<true>, nn::padding_idx<-7>>, Indices<3, 4>>(
      {.vectors = "Embedding.p08.padding_idx_scale_grad_by_freq", .gradients = false});
  check_everywhere<nn::Embedding<8, 3, nn::norm_type<3.0>, nn::padding_idx<1>, nn::max_norm<1.25>>, Indices<2, 3>>(
      {.vectors = "Embedding.p09.max_norm_norm_type_padding_idx", .gradients = false});
  check<nn::Embedding<1, 1>, Indices<1>>();
  check<nn::Embedding<11, 37>, Indices<2, 1, 7>>();
}

BOOST_AUTO_TEST_SUITE_END()
