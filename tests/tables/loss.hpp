// Losses of two or three tensors, element by element or row by row.
#pragma once

BOOST_AUTO_TEST_SUITE(loss)
using namespace tenon_test;

constexpr std::array<const char*, 4> two_inputs{"input1", "input2", "target"};

BOOST_AUTO_TEST_CASE(l1) {
  check_reference<nn::L1Loss<>, Tensor<float, 2, 3, 4>, Tensor<float, 2, 3, 4>>({.vectors = "L1Loss.p01.table"});
  check_variant<nn::L1Loss<nn::size_average<false>>, Tensor<float, 3>, Tensor<float, 3>>(
      {.vectors = "L1Loss.p02.no_batch_dim_mean"});
  check_reference<nn::L1Loss<>, Tensor<float, 2, 3, 4>, Tensor<float, 2, 3, 4>>({.vectors = "L1Loss.p03.db_0"});
  check_reference<nn::L1Loss<nn::size_average<false>>, Tensor<float, 4>, Tensor<float, 4>>(
      {.vectors = "L1Loss.p04.db_no_batch_dim_sum"});
  check_reference<nn::L1Loss<>, Tensor<float, 6, 4>, Tensor<float, 6, 4>>({.vectors = "L1Loss.p06.mean"});
  check_reference<nn::L1Loss<nn::size_average<false>>, Tensor<float, 6>, Tensor<float, 6>>(
      {.vectors = "L1Loss.p07.sum"});
  check_reference<nn::L1Loss<>, Tensor<float, 5, 7, 2>, Tensor<float, 5, 7, 2>>({.vectors = "L1Loss.p08.mean"});
  check_reference<nn::L1Loss<nn::size_average<false>>, Tensor<float, 6, 1>, Tensor<float, 6, 1>>(
      {.vectors = "L1Loss.p09.sum"});
  check_reference<nn::L1Loss<>, Tensor<float, 4, 7>, Tensor<float, 4, 7>>({.vectors = "L1Loss.p10.mean_equal_element"});
  check_reference<nn::L1Loss<>, Tensor<float, 2, 5, 3, 2>, Tensor<float, 2, 5, 3, 2>>({.vectors = "L1Loss.p11.mean"});
  check_reference<nn::L1Loss<nn::size_average<false>>, Tensor<float, 5, 6>, Tensor<float, 5, 6>>(
      {.vectors = "L1Loss.p12.sum"});
}

BOOST_AUTO_TEST_CASE(smooth_l1) {
  check_reference<nn::SmoothL1Loss<>, Tensor<float, 5, 10>, Tensor<float, 5, 10>>(
      {.vectors = "SmoothL1Loss.p01.table"});
  check_reference<nn::SmoothL1Loss<nn::size_average<false>>, Tensor<float, 3>, Tensor<float, 3>>(
      {.vectors = "SmoothL1Loss.p02.no_batch_dim_mean"});
  check_variant<nn::SmoothL1Loss<>, Tensor<float, 3, 4>, Tensor<float, 3, 4>>(
      {.vectors = "SmoothL1Loss.p04.mean", .low = -2, .high = 2});
  check_reference<nn::SmoothL1Loss<nn::size_average<false>>, Tensor<float, 4>, Tensor<float, 4>>(
      {.vectors = "SmoothL1Loss.p05.sum"});
  check_reference<nn::SmoothL1Loss<>, Tensor<float, 3, 5, 2>, Tensor<float, 3, 5, 2>>(
      {.vectors = "SmoothL1Loss.p06.mean"});
  check_reference<nn::SmoothL1Loss<nn::size_average<false>>, Tensor<float, 6, 1>, Tensor<float, 6, 1>>(
      {.vectors = "SmoothL1Loss.p07.sum"});
  check_reference<nn::SmoothL1Loss<>, Tensor<float, 6, 6>, Tensor<float, 6, 6>>(
      {.vectors = "SmoothL1Loss.p08.mean_equal_element"});
  check_reference<nn::SmoothL1Loss<>, Tensor<float, 2, 6, 3, 2>, Tensor<float, 2, 6, 3, 2>>(
      {.vectors = "SmoothL1Loss.p09.mean"});
  check_reference<nn::SmoothL1Loss<nn::size_average<false>>, Tensor<float, 2, 4>, Tensor<float, 2, 4>>(
      {.vectors = "SmoothL1Loss.p10.sum"});
}

BOOST_AUTO_TEST_CASE(mse) {
  check_reference<nn::MSELoss<>, Tensor<float, 2, 3, 4, 5>, Tensor<float, 2, 3, 4, 5>>(
      {.vectors = "MSELoss.p01.table"});
  check_everywhere_in_double<nn::MSELoss<nn::size_average<false>>, Tensor<float, 3>, Tensor<float, 3>>(
      {.vectors = "MSELoss.p02.no_batch_dim_mean", .device_tolerance = 1e-5});
  check_reference<nn::MSELoss<>, Tensor<float, 6, 7>, Tensor<float, 6, 7>>({.vectors = "MSELoss.p04.mean"});
  check_reference<nn::MSELoss<nn::size_average<false>>, Tensor<float, 2>, Tensor<float, 2>>(
      {.vectors = "MSELoss.p05.sum"});
  check_reference<nn::MSELoss<>, Tensor<float, 6, 2, 2>, Tensor<float, 6, 2, 2>>({.vectors = "MSELoss.p06.mean"});
  check_reference<nn::MSELoss<nn::size_average<false>>, Tensor<float, 2, 1>, Tensor<float, 2, 1>>(
      {.vectors = "MSELoss.p07.sum"});
  check_reference<nn::MSELoss<>, Tensor<float, 6, 7>, Tensor<float, 6, 7>>(
      {.vectors = "MSELoss.p08.mean_equal_element"});
  check_reference<nn::MSELoss<>, Tensor<float, 2, 4, 3, 2>, Tensor<float, 2, 4, 3, 2>>({.vectors = "MSELoss.p09.mean"});
  check_reference<nn::MSELoss<nn::size_average<false>>, Tensor<float, 5, 6>, Tensor<float, 5, 6>>(
      {.vectors = "MSELoss.p10.sum"});
}

BOOST_AUTO_TEST_CASE(kl_div) {
  check_reference<nn::KLDivLoss<>, Tensor<float, 10, 10>, Tensor<float, 10, 10>>({.vectors = "KLDivLoss.p01.table"});
  check_variant<nn::KLDivLoss<nn::size_average<false>>, Tensor<float, 3>, Tensor<float, 3>>(
      {.vectors = "KLDivLoss.p02.no_batch_dim_mean", .low = 0.1, .high = 1});
  check_reference<nn::KLDivLoss<>, Tensor<float, 2, 2>, Tensor<float, 2, 2>>({.vectors = "KLDivLoss.p04.mean"});
  check_reference<nn::KLDivLoss<nn::size_average<false>>, Tensor<float, 2, 7>, Tensor<float, 2, 7>>(
      {.vectors = "KLDivLoss.p05.sum"});
  check_reference<nn::KLDivLoss<>, Tensor<float, 6, 6>, Tensor<float, 6, 6>>(
      {.vectors = "KLDivLoss.p06.mean_zero_target"});
  check_reference<nn::KLDivLoss<nn::size_average<false>>, Tensor<float, 3, 6>, Tensor<float, 3, 6>>(
      {.vectors = "KLDivLoss.p07.sum_zero_target"});
  check_reference<nn::KLDivLoss<>, Tensor<float, 2, 4, 3>, Tensor<float, 2, 4, 3>>({.vectors = "KLDivLoss.p08.mean"});
  check_reference<nn::KLDivLoss<>, Tensor<float, 4, 7>, Tensor<float, 4, 7>>({.vectors = "KLDivLoss.p09.mean"});
  check_reference<nn::KLDivLoss<nn::size_average<false>>, Tensor<float, 5, 7>, Tensor<float, 5, 7>>(
      {.vectors = "KLDivLoss.p10.sum"});
}

BOOST_AUTO_TEST_CASE(bce) {
  check_reference<nn::BCELoss<>, Tensor<float, 15, 10>, Tensor<float, 15, 10>>({.vectors = "BCELoss.p01.table"});
  check_reference<nn::BCELoss<nn::size_average<false>>, Tensor<float, 9>, Tensor<float, 9>>(
      {.vectors = "BCELoss.p02.no_batch_dim_none"});
  check_variant<nn::BCELoss<nn::size_average<false>>, Tensor<float, 9>, Tensor<float, 9>>(
      {.vectors = "BCELoss.p03.no_batch_dim_sum", .low = 0.1, .high = 0.9});
  check_reference<nn::BCELoss<>, Tensor<float, 6, 4>, Tensor<float, 6, 4>>({.vectors = "BCELoss.p05.mean"});
  check_reference<nn::BCELoss<nn::size_average<false>>, Tensor<float, 4>, Tensor<float, 4>>(
      {.vectors = "BCELoss.p06.sum"});
  check_reference<nn::BCELoss<>, Tensor<float, 5, 5, 2>, Tensor<float, 5, 5, 2>>(
      {.vectors = "BCELoss.p07.mean_weight"});
  check_reference<nn::BCELoss<nn::size_average<false>>, Tensor<float, 6, 1>, Tensor<float, 6, 1>>(
      {.vectors = "BCELoss.p08.sum_weight"});
  check_reference<nn::BCELoss<>, Tensor<float, 4, 3>, Tensor<float, 4, 3>>(
      {.vectors = "BCELoss.p09.mean_batch_weight"});
  check_reference<nn::BCELoss<>, Tensor<float, 2, 3, 3, 2>, Tensor<float, 2, 3, 3, 2>>({.vectors = "BCELoss.p10.mean"});
  check_reference<nn::BCELoss<nn::size_average<false>>, Tensor<float, 6, 6>, Tensor<float, 6, 6>>(
      {.vectors = "BCELoss.p11.sum"});
}

BOOST_AUTO_TEST_CASE(multi_label_soft_margin) {
  check_reference<nn::MultiLabelSoftMarginLoss<>, Tensor<float, 5, 10>, Tensor<float, 5, 10>>(
      {.vectors = "MultiLabelSoftMarginLoss.p01.table"});
  check_variant<nn::MultiLabelSoftMarginLoss<>, Tensor<float, 4, 3>, Tensor<float, 4, 3>>(
      {.vectors = "MultiLabelSoftMarginLoss.p04.mean", .low = -3, .high = 3});
  check_reference<nn::MultiLabelSoftMarginLoss<nn::size_average<false>>, Tensor<float, 4, 3>, Tensor<float, 4, 3>>(
      {.vectors = "MultiLabelSoftMarginLoss.p05.sum"});
  check_reference<nn::MultiLabelSoftMarginLoss<>, Tensor<float, 6, 3>, Tensor<float, 6, 3>>(
      {.vectors = "MultiLabelSoftMarginLoss.p06.mean_weight"});
  check_reference<nn::MultiLabelSoftMarginLoss<nn::size_average<false>>, Tensor<float, 2, 5>, Tensor<float, 2, 5>>(
      {.vectors = "MultiLabelSoftMarginLoss.p07.sum_weight"});
  check_reference<nn::MultiLabelSoftMarginLoss<>, Tensor<float, 3, 6>, Tensor<float, 3, 6>>(
      {.vectors = "MultiLabelSoftMarginLoss.p08.mean"});
  check_reference<nn::MultiLabelSoftMarginLoss<>, Tensor<float, 5, 7>, Tensor<float, 5, 7>>(
      {.vectors = "MultiLabelSoftMarginLoss.p09.mean"});
  check_reference<nn::MultiLabelSoftMarginLoss<nn::size_average<false>>, Tensor<float, 3, 3>, Tensor<float, 3, 3>>(
      {.vectors = "MultiLabelSoftMarginLoss.p10.sum"});
}

BOOST_AUTO_TEST_CASE(soft_margin) {
  check_reference<nn::SoftMarginLoss<>, Tensor<float, 5, 5>, Tensor<float, 5, 5>>(
      {.vectors = "SoftMarginLoss.p01.table"});
  check_reference<nn::SoftMarginLoss<nn::size_average<false>>, Tensor<float, 9>, Tensor<std::int64_t, 9>>(
      {.vectors = "SoftMarginLoss.p02.no_batch_dim_mean"});
  check_reference<nn::SoftMarginLoss<>, Tensor<float, 3, 4>, Tensor<float, 3, 4>>(
      {.vectors = "SoftMarginLoss.p03.mean"});
  check_variant<nn::SoftMarginLoss<nn::size_average<false>>, Tensor<float, 2>, Tensor<float, 2>>(
      {.vectors = "SoftMarginLoss.p04.sum"});
  check_reference<nn::SoftMarginLoss<>, Tensor<float, 6, 2, 2>, Tensor<float, 6, 2, 2>>(
      {.vectors = "SoftMarginLoss.p05.mean"});
  check_reference<nn::SoftMarginLoss<nn::size_average<false>>, Tensor<float, 4, 1>, Tensor<float, 4, 1>>(
      {.vectors = "SoftMarginLoss.p06.sum"});
  check_reference<nn::SoftMarginLoss<>, Tensor<float, 4, 5>, Tensor<float, 4, 5>>(
      {.vectors = "SoftMarginLoss.p07.mean_large_values"});
  check_reference<nn::SoftMarginLoss<>, Tensor<float, 2, 3, 3, 2>, Tensor<float, 2, 3, 3, 2>>(
      {.vectors = "SoftMarginLoss.p08.mean"});
  check_reference<nn::SoftMarginLoss<nn::size_average<false>>, Tensor<float, 4, 4>, Tensor<float, 4, 4>>(
      {.vectors = "SoftMarginLoss.p09.sum"});
}

BOOST_AUTO_TEST_CASE(hinge_embedding) {
  check<nn::HingeEmbeddingLoss<>, Tensor<float, 10>, Tensor<float, 10>>(
      {.vectors = "HingeEmbeddingLoss.p01.table", .gradients = false});
  check_reference<nn::HingeEmbeddingLoss<nn::size_average<false>>, Tensor<float, 9>, Tensor<std::int64_t, 9>>(
      {.vectors = "HingeEmbeddingLoss.p02.no_batch_dim_none"});
  check_reference<nn::HingeEmbeddingLoss<nn::size_average<false>>, Tensor<float, 9>, Tensor<std::int64_t, 9>>(
      {.vectors = "HingeEmbeddingLoss.p03.no_batch_dim_sum"});
  check_reference<nn::HingeEmbeddingLoss<>, Tensor<float, 4, 3>, Tensor<float, 4, 3>>(
      {.vectors = "HingeEmbeddingLoss.p05.mean"});
  check_reference<nn::HingeEmbeddingLoss<nn::size_average<false>>, Tensor<float, 5>, Tensor<float, 5>>(
      {.vectors = "HingeEmbeddingLoss.p06.sum"});
  check_reference<nn::HingeEmbeddingLoss<nn::margin<0.5>>, Tensor<float, 5, 4, 2>, Tensor<float, 5, 4, 2>>(
      {.vectors = "HingeEmbeddingLoss.p07.mean"});
  check_reference<nn::HingeEmbeddingLoss<nn::size_average<false>, nn::margin<2>>, Tensor<float, 6, 1>,
                  Tensor<float, 6, 1>>({.vectors = "HingeEmbeddingLoss.p08.sum"});
  check_reference<nn::HingeEmbeddingLoss<>, Tensor<float, 2, 4>, Tensor<float, 2, 4>>(
      {.vectors = "HingeEmbeddingLoss.p09.mean"});
  check_reference<nn::HingeEmbeddingLoss<nn::margin<0.25>>, Tensor<float, 2, 2, 3, 2>, Tensor<float, 2, 2, 3, 2>>(
      {.vectors = "HingeEmbeddingLoss.p10.mean"});
  check_reference<nn::HingeEmbeddingLoss<nn::size_average<false>, nn::margin<0.7>>, Tensor<float, 6, 3>,
                  Tensor<float, 6, 3>>({.vectors = "HingeEmbeddingLoss.p11.sum"});
}

BOOST_AUTO_TEST_CASE(margin_ranking) {
  check<nn::MarginRankingLoss<>, Tensor<float, 50>, Tensor<float, 50>, Tensor<float, 50>>(
      {.vectors = "MarginRankingLoss.p01.table", .gradients = false, .names = two_inputs});
  check_reference<nn::MarginRankingLoss<>, Tensor<float, 5, 7>, Tensor<float, 5, 7>, Tensor<float, 5, 7>>(
      {.vectors = "MarginRankingLoss.p04.mean", .names = two_inputs});
  check_reference<nn::MarginRankingLoss<nn::size_average<false>, nn::margin<0.5>>, Tensor<float, 7>, Tensor<float, 7>,
                  Tensor<float, 7>>({.vectors = "MarginRankingLoss.p05.sum", .names = two_inputs});
  check_reference<nn::MarginRankingLoss<nn::margin<1>>, Tensor<float, 2, 7>, Tensor<float, 2, 7>, Tensor<float, 2, 7>>(
      {.vectors = "MarginRankingLoss.p06.mean", .names = two_inputs});
  check_reference<nn::MarginRankingLoss<nn::size_average<false>, nn::margin<0.25>>, Tensor<float, 6>, Tensor<float, 6>,
                  Tensor<float, 6>>({.vectors = "MarginRankingLoss.p07.sum", .names = two_inputs});
  check_reference<nn::MarginRankingLoss<nn::margin<2>>, Tensor<float, 4, 3>, Tensor<float, 4, 3>, Tensor<float, 4, 3>>(
      {.vectors = "MarginRankingLoss.p08.mean", .names = two_inputs});
  check_reference<nn::MarginRankingLoss<>, Tensor<float, 8>, Tensor<float, 8>, Tensor<float, 8>>(
      {.vectors = "MarginRankingLoss.p09.mean", .names = two_inputs});
  check_reference<nn::MarginRankingLoss<nn::size_average<false>, nn::margin<0.1>>, Tensor<float, 6, 2>,
                  Tensor<float, 6, 2>, Tensor<float, 6, 2>>(
      {.vectors = "MarginRankingLoss.p10.sum", .names = two_inputs});
}

BOOST_AUTO_TEST_CASE(cosine_embedding) {
  check<nn::CosineEmbeddingLoss<>, Tensor<float, 15, 10>, Tensor<float, 15, 10>, Tensor<float, 15>>(
      {.vectors = "CosineEmbeddingLoss.p01.table", .gradients = false, .names = two_inputs});
  check_reference<nn::CosineEmbeddingLoss<>, Tensor<float, 3, 6>, Tensor<float, 3, 6>, Tensor<float, 3>>(
      {.vectors = "CosineEmbeddingLoss.p04.mean", .names = two_inputs});
  check_reference<nn::CosineEmbeddingLoss<nn::size_average<false>, nn::margin<0.3>>, Tensor<float, 6, 6>,
                  Tensor<float, 6, 6>, Tensor<float, 6>>(
      {.vectors = "CosineEmbeddingLoss.p05.sum", .names = two_inputs});
  check_reference<nn::CosineEmbeddingLoss<nn::margin<0.5>>, Tensor<float, 6, 7>, Tensor<float, 6, 7>, Tensor<float, 6>>(
      {.vectors = "CosineEmbeddingLoss.p06.mean", .names = two_inputs});
  check_reference<nn::CosineEmbeddingLoss<nn::size_average<false>, nn::margin<-0.2>>, Tensor<float, 3, 5>,
                  Tensor<float, 3, 5>, Tensor<float, 3>>(
      {.vectors = "CosineEmbeddingLoss.p07.sum", .names = two_inputs});
  check_reference<nn::CosineEmbeddingLoss<>, Tensor<float, 5, 7>, Tensor<float, 5, 7>, Tensor<float, 5>>(
      {.vectors = "CosineEmbeddingLoss.p08.mean", .names = two_inputs});
  check_reference<nn::CosineEmbeddingLoss<nn::margin<0.1>>, Tensor<float, 3, 3>, Tensor<float, 3, 3>, Tensor<float, 3>>(
      {.vectors = "CosineEmbeddingLoss.p09.mean", .names = two_inputs});
  check_reference<nn::CosineEmbeddingLoss<nn::size_average<false>, nn::margin<0.6>>, Tensor<float, 4, 6>,
                  Tensor<float, 4, 6>, Tensor<float, 4>>(
      {.vectors = "CosineEmbeddingLoss.p10.sum", .names = two_inputs});
}

// Targets that are labels are integers here: they have no gradient.
BOOST_AUTO_TEST_CASE(gradients) {
  using X = Tensor<float, 3, 7>;
  using Labels = Tensor<std::int64_t, 3, 7>;
  check_everywhere<nn::L1Loss<>, X, X>(1e-5);
  check_everywhere<nn::SmoothL1Loss<nn::size_average<false>>, X, X>({.low = -2, .high = 2, .device_tolerance = 1e-5});
  check_everywhere<nn::MSELoss<>, X, X>(1e-5);
  check_everywhere<nn::KLDivLoss<>, X, X>({.low = 0.1, .high = 1, .device_tolerance = 1e-5});
  check_everywhere<nn::BCELoss<>, X, X>({.low = 0.1, .high = 0.9, .device_tolerance = 1e-5});
  check_everywhere<nn::BCEWithLogitsLoss<>, X, X>({.low = -3, .high = 3, .device_tolerance = 1e-5});
  check<nn::MultiLabelSoftMarginLoss<nn::size_average<false>>, X, X>({.low = -3, .high = 3});
  check_everywhere<nn::SoftMarginLoss<>, X, X>(1e-5);
  check_everywhere<nn::HingeEmbeddingLoss<nn::margin<0.3>>, X, Labels>(1e-5);
  check_everywhere<nn::MarginRankingLoss<nn::margin<0.1>>, X, X, X>(1e-5);
  check_everywhere<nn::CosineEmbeddingLoss<nn::margin<-0.9>>, X, X, Tensor<std::int64_t, 3>>(1e-5);
  check_variant<nn::BCEWithLogitsLoss<nn::size_average<false>>, X, X>({.low = -3, .high = 3});
  check_variant<nn::HingeEmbeddingLoss<nn::size_average<false>>, X, Labels>();
  check_variant<nn::MarginRankingLoss<nn::size_average<false>>, X, X, X>();
  check<nn::CosineEmbeddingLoss<nn::size_average<false>>, X, X, Tensor<std::int64_t, 3>>();
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check_variant<nn::MSELoss<>, Tensor<float, 1>, Tensor<float, 1>>();
  check<nn::BCEWithLogitsLoss<>, Tensor<float, 131>, Tensor<float, 131>>();
  check_variant<nn::CosineEmbeddingLoss<>, Tensor<float, 1, 1>, Tensor<float, 1, 1>, Tensor<std::int64_t, 1>>(
      {.gradients = false});
}

BOOST_AUTO_TEST_SUITE_END()
