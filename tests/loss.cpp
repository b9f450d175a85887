// Losses of two or three tensors, element by element or row by row.
#include "chapter.hpp"

using namespace tenon_test;

namespace {

constexpr std::array<const char*, 4> two_inputs{"input1", "input2", "target"};

BOOST_AUTO_TEST_CASE(l1) {
  check_reference<nn::L1Loss<>, Tensor<float, 2, 3, 4>, Tensor<float, 2, 3, 4>>({.vectors = "L1Loss.p01.table"});
  check<nn::L1Loss<nn::size_average<false>>, Tensor<float, 3>, Tensor<float, 3>>(
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
  check<nn::SmoothL1Loss<>, Tensor<float, 3, 4>, Tensor<float, 3, 4>>(
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
  check<nn::MSELoss<nn::size_average<false>>, Tensor<float, 3>, Tensor<float, 3>>(
      {.vectors = "MSELoss.p02.no_batch_dim_mean"});
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
  check<nn::KLDivLoss<nn::size_average<false>>, Tensor<float, 3>, Tensor<float, 3>>(
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
  check<nn::BCELoss<nn::size_average<false>>, Tensor<float, 9>, Tensor<float, 9>>(
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
  check<nn::MultiLabelSoftMarginLoss<>, Tensor<float, 4, 3>, Tensor<float, 4, 3>>(
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
  check<nn::SoftMarginLoss<nn::size_average<false>>, Tensor<float, 2>, Tensor<float, 2>>(
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
  check<nn::L1Loss<>, X, X>();
  check<nn::SmoothL1Loss<nn::size_average<false>>, X, X>({.low = -2, .high = 2});
  check<nn::MSELoss<>, X, X>();
  check<nn::KLDivLoss<>, X, X>({.low = 0.1, .high = 1});
  check<nn::BCELoss<>, X, X>({.low = 0.1, .high = 0.9});
  check<nn::BCEWithLogitsLoss<>, X, X>({.low = -3, .high = 3});
  check<nn::MultiLabelSoftMarginLoss<nn::size_average<false>>, X, X>({.low = -3, .high = 3});
  check<nn::SoftMarginLoss<>, X, X>();
  check<nn::HingeEmbeddingLoss<nn::margin<0.3>>, X, Labels>();
  check<nn::MarginRankingLoss<nn::margin<0.1>>, X, X, X>();
  check<nn::CosineEmbeddingLoss<nn::margin<-0.9>>, X, X, Tensor<std::int64_t, 3>>();
  check<nn::BCEWithLogitsLoss<nn::size_average<false>>, X, X>({.low = -3, .high = 3});
  check<nn::HingeEmbeddingLoss<nn::size_average<false>>, X, Labels>();
  check<nn::MarginRankingLoss<nn::size_average<false>>, X, X, X>();
  check<nn::CosineEmbeddingLoss<nn::size_average<false>>, X, X, Tensor<std::int64_t, 3>>();
}

BOOST_AUTO_TEST_CASE(gradients_with_weights) {
  using X = Tensor<float, 3, 7>;
  const auto weight = random_argument<X>(1, 0, 2);
  check_gradients<X, X>(nn::BCELoss<>(weight), {.low = 0.1, .high = 0.9});
  check_gradients<X, X>(nn::BCEWithLogitsLoss<nn::size_average<false>>(weight), {});
  check_gradients<X, X>(nn::MultiLabelSoftMarginLoss<>(random_argument<Tensor<float, 7>>(1, 0, 2)), {});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::MSELoss<>, Tensor<float, 1>, Tensor<float, 1>>();
  check<nn::BCEWithLogitsLoss<>, Tensor<float, 131>, Tensor<float, 131>>();
  check<nn::CosineEmbeddingLoss<>, Tensor<float, 1, 1>, Tensor<float, 1, 1>, Tensor<std::int64_t, 1>>(
      {.gradients = false});
}

BOOST_AUTO_TEST_CASE(probabilities_outside_their_range) {
  Tensor<float, 2, 2> x;
  const Tensor<float, 2, 2> target;
  for (const float wrong : {-0.25f, 1.5f}) {
    x(1, 0) = wrong;
    check_error([&] { nn::BCELoss<>()(x, target); },
                "BCELoss: element 2 is " + std::to_string(wrong) + ", wanted a probability from 0 to 1");
  }
}

BOOST_AUTO_TEST_CASE(weights_that_do_not_fit) {
  const Tensor<float, 2, 3> x;
  check_error([&] { nn::BCELoss<>(Tensor<float, 2>())(x, x); },
              "BCELoss: weight of shape (2), wanted one that broadcasts to (2, 3)");
  check_error([&] { nn::MultiLabelSoftMarginLoss<>(Tensor<float, 4>())(x, x); },
              "MultiLabelSoftMarginLoss: weight of shape (4), wanted one that broadcasts to (2, 3)");
}

// exp(1000) overflows, and the logarithm of 0 is bounded.
BOOST_AUTO_TEST_CASE(extremes) {
  const auto x = Tensor<float, 2>::from(std::vector{1000.f, -1000.f}),
             target = Tensor<float, 2>::from(std::vector{0.f, 1.f});
  BOOST_TEST(nn::BCEWithLogitsLoss<>()(x, target).item() == 1000.f);
  const auto p = Tensor<float, 2>::from(std::vector{1.f, 0.f});
  BOOST_TEST(nn::BCELoss<>()(p, target).item() == 100.f);
}

// What is left of a right logit is small, and not lost in it.
BOOST_AUTO_TEST_CASE(confident_logits) {
  for (const float logit : {5.f, 15.f, 60.f}) {
    const double expected = std::log1p(std::exp(-static_cast<double>(logit)));
    for (const float target : {0.f, 1.f}) {
      Tensor<float, 1, 1> x, label;
      x(0, 0) = target == 1 ? logit : -logit;
      label(0, 0) = target;
      BOOST_TEST(nn::BCEWithLogitsLoss<>()(x, label).item() / expected == 1.0, boost::test_tools::tolerance(1e-6));
      BOOST_TEST(nn::MultiLabelSoftMarginLoss<>()(x, label).item() / expected == 1.0,
                 boost::test_tools::tolerance(1e-6));
    }
  }
}

// log(1 - x) of a small x is not that of its rounded difference from 1.
BOOST_AUTO_TEST_CASE(small_probabilities) {
  for (const float small : {1e-3f, 1e-6f, 1e-12f}) {
    const auto x = Tensor<float, 1>::from(std::vector{small});
    const double expected = -std::log1p(-static_cast<double>(small));
    BOOST_TEST(nn::BCELoss<>()(x, Tensor<float, 1>()).item() / expected == 1.0, boost::test_tools::tolerance(1e-6));
  }
}

#if !__FINITE_MATH_ONLY__  // -ffast-math, which knows neither
// As in PyTorch, the sign of NaN is 0.
BOOST_AUTO_TEST_CASE(l1_gradient_of_nan) {
  nn::Variable x{Tensor<float, 2>::from(std::vector{std::numeric_limits<float>::quiet_NaN(), 3.f}), nn::requires_grad};
  nn::L1Loss<>()(x, Tensor<float, 2>()).backward();
  BOOST_TEST(x.grad()(0) == 0.f);
  BOOST_TEST(x.grad()(1) == 0.5f);
}
#endif

BOOST_AUTO_TEST_CASE(many_terms) {
  static const auto x = [] {
    Tensor<float, 3000, 1001> ones;
    ones.fill(1);
    return ones;
  }();
  BOOST_TEST((nn::L1Loss<nn::size_average<false>>()(x, Tensor<float, 3000, 1001>()).item()) == 3003000.f);
}

}  // namespace
