// Losses of classes.
#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(cross_entropy) {
  check_reference<nn::CrossEntropyLoss<>, Tensor<float, 15, 10>, Tensor<std::int64_t, 15>>(
      {.vectors = "CrossEntropyLoss.p01.table"});
  check_reference<nn::CrossEntropyLoss<>, Tensor<float, 5, 7>, Tensor<std::int64_t, 5>>(
      {.vectors = "CrossEntropyLoss.p07.mean"});
  check<nn::CrossEntropyLoss<nn::size_average<false>>, Tensor<float, 3, 5>, Tensor<std::int64_t, 3>>(
      {.vectors = "CrossEntropyLoss.p08.sum"});
  check_reference<nn::CrossEntropyLoss<>, Tensor<float, 3, 5>, Tensor<std::int64_t, 3>>(
      {.vectors = "CrossEntropyLoss.p09.mean_weight"});
  check_reference<nn::CrossEntropyLoss<nn::size_average<false>>, Tensor<float, 4, 2>, Tensor<std::int64_t, 4>>(
      {.vectors = "CrossEntropyLoss.p10.sum_weight"});
  check<nn::CrossEntropyLoss<nn::ignore_index<1>>, Tensor<float, 5, 2>, Tensor<std::int64_t, 5>>(
      {.vectors = "CrossEntropyLoss.p11.mean_ignore_index"});
  check<nn::CrossEntropyLoss<nn::ignore_index<5>>, Tensor<float, 5, 6>, Tensor<std::int64_t, 5>>(
      {.vectors = "CrossEntropyLoss.p12.mean_weight_ignore_index"});
  check_reference<nn::CrossEntropyLoss<nn::size_average<false>>, Tensor<float, 5, 5>, Tensor<std::int64_t, 5>>(
      {.vectors = "CrossEntropyLoss.p13.sum_ignore_index"});
}

BOOST_AUTO_TEST_CASE(nll) {
  check_reference<nn::NLLLoss<>, Tensor<float, 15, 10>, Tensor<std::int64_t, 15>>({.vectors = "NLLLoss.p01.table"});
  check_reference<nn::NLLLoss<>, Tensor<float, 15, 10>, Tensor<std::int64_t, 15>>({.vectors = "NLLLoss.p02.weights"});
  check<nn::NLLLoss<nn::ignore_index<-1>>, Tensor<float, 15, 10>, Tensor<std::int64_t, 15>>(
      {.vectors = "NLLLoss.p03.weights_ignore_index_neg"});
  check_reference<nn::NLLLoss<nn::size_average<false>>, Tensor<float, 15, 10>, Tensor<std::int64_t, 15>>(
      {.vectors = "NLLLoss.p04.db_reduction_sum"});
  check_reference<nn::NLLLoss<>, Tensor<float, 15, 10>, Tensor<std::int64_t, 15>>(
      {.vectors = "NLLLoss.p05.db_weights"});
  check_reference<nn::NLLLoss<nn::ignore_index<-1>>, Tensor<float, 15, 10>, Tensor<std::int64_t, 15>>(
      {.vectors = "NLLLoss.p06.db_weights_ignore_index_neg"});
  check_reference<nn::NLLLoss<>, Tensor<float, 3, 7>, Tensor<std::int64_t, 3>>({.vectors = "NLLLoss.p10.mean"});
  check<nn::NLLLoss<nn::size_average<false>>, Tensor<float, 3, 6>, Tensor<std::int64_t, 3>>(
      {.vectors = "NLLLoss.p11.sum"});
  check_reference<nn::NLLLoss<>, Tensor<float, 4, 5>, Tensor<std::int64_t, 4>>({.vectors = "NLLLoss.p12.mean_weight"});
  check_reference<nn::NLLLoss<nn::size_average<false>>, Tensor<float, 2, 4>, Tensor<std::int64_t, 2>>(
      {.vectors = "NLLLoss.p13.sum_weight"});
  check<nn::NLLLoss<nn::ignore_index<0>>, Tensor<float, 6, 4>, Tensor<std::int64_t, 6>>(
      {.vectors = "NLLLoss.p14.mean_ignore_index"});
  check_reference<nn::NLLLoss<nn::ignore_index<0>>, Tensor<float, 6, 2>, Tensor<std::int64_t, 6>>(
      {.vectors = "NLLLoss.p15.mean_weight_ignore_index"});
  check_reference<nn::NLLLoss<nn::size_average<false>>, Tensor<float, 2, 2>, Tensor<std::int64_t, 2>>(
      {.vectors = "NLLLoss.p16.sum_ignore_index"});
}

BOOST_AUTO_TEST_CASE(nll_loss2d) {
  check_reference<nn::NLLLoss2d<>, Tensor<float, 2, 3, 5, 5>, Tensor<std::int64_t, 2, 5, 5>>(
      {.vectors = "NLLLoss2d.p01.2d"});
  check_reference<nn::NLLLoss2d<nn::ignore_index<1>>, Tensor<float, 2, 3, 5, 5>, Tensor<std::int64_t, 2, 5, 5>>(
      {.vectors = "NLLLoss2d.p02.2d_ignore_index"});
  check<nn::NLLLoss2d<>, Tensor<float, 2, 3, 4, 4>, Tensor<std::int64_t, 2, 4, 4>>({.vectors = "NLLLoss2d.p03.mean"});
  check<nn::NLLLoss2d<nn::size_average<false>>, Tensor<float, 6, 5, 4, 3>, Tensor<std::int64_t, 6, 4, 3>>(
      {.vectors = "NLLLoss2d.p04.sum"});
  check_reference<nn::NLLLoss2d<>, Tensor<float, 5, 3, 2, 4>, Tensor<std::int64_t, 5, 2, 4>>(
      {.vectors = "NLLLoss2d.p05.mean_weight"});
  check_reference<nn::NLLLoss2d<nn::size_average<false>>, Tensor<float, 4, 2, 4, 2>, Tensor<std::int64_t, 4, 4, 2>>(
      {.vectors = "NLLLoss2d.p06.sum_weight"});
  check<nn::NLLLoss2d<nn::ignore_index<1>>, Tensor<float, 5, 4, 2, 3>, Tensor<std::int64_t, 5, 2, 3>>(
      {.vectors = "NLLLoss2d.p07.mean_ignore_index"});
  check_reference<nn::NLLLoss2d<nn::ignore_index<0>>, Tensor<float, 6, 2, 4, 2>, Tensor<std::int64_t, 6, 4, 2>>(
      {.vectors = "NLLLoss2d.p08.mean_weight_ignore_index"});
  check_reference<nn::NLLLoss2d<nn::size_average<false>>, Tensor<float, 4, 2, 2, 2>, Tensor<std::int64_t, 4, 2, 2>>(
      {.vectors = "NLLLoss2d.p09.sum_ignore_index"});
}

BOOST_AUTO_TEST_CASE(multi_margin) {
  check_reference<nn::MultiMarginLoss<>, Tensor<float, 5, 10>, Tensor<std::int64_t, 5>>(
      {.vectors = "MultiMarginLoss.p01.table"});
  check_reference<nn::MultiMarginLoss<nn::margin<0.5>>, Tensor<float, 5, 10>, Tensor<std::int64_t, 5>>(
      {.vectors = "MultiMarginLoss.p02.margin"});
  check_reference<nn::MultiMarginLoss<>, Tensor<float, 2, 5>, Tensor<std::int64_t, 2>>(
      {.vectors = "MultiMarginLoss.p04.mean_p_1"});
  check<nn::MultiMarginLoss<nn::size_average<false>, nn::p<2>>, Tensor<float, 6, 2>, Tensor<std::int64_t, 6>>(
      {.vectors = "MultiMarginLoss.p05.sum_p_2"});
  check<nn::MultiMarginLoss<nn::margin<0.5>>, Tensor<float, 3, 3>, Tensor<std::int64_t, 3>>(
      {.vectors = "MultiMarginLoss.p06.mean_weight_p_1"});
  check<nn::MultiMarginLoss<nn::size_average<false>, nn::margin<0.75>, nn::p<2>>, Tensor<float, 4, 3>,
        Tensor<std::int64_t, 4>>({.vectors = "MultiMarginLoss.p07.sum_weight_p_2"});
  check<nn::MultiMarginLoss<nn::margin<1.5>, nn::p<2>>, Tensor<float, 5, 4>, Tensor<std::int64_t, 5>>(
      {.vectors = "MultiMarginLoss.p08.mean_weight_p_2"});
  check<nn::MultiMarginLoss<nn::margin<2>>, Tensor<float, 3, 2>, Tensor<std::int64_t, 3>>(
      {.vectors = "MultiMarginLoss.p09.mean_p_1"});
  check_reference<nn::MultiMarginLoss<nn::size_average<false>, nn::p<2>>, Tensor<float, 5, 7>, Tensor<std::int64_t, 5>>(
      {.vectors = "MultiMarginLoss.p10.sum_p_2"});
}

BOOST_AUTO_TEST_CASE(multi_label_margin) {
  check_reference<nn::MultiLabelMarginLoss<>, Tensor<float, 5, 10>, Tensor<std::int64_t, 5, 10>>(
      {.vectors = "MultiLabelMarginLoss.p01.table"});
  check_reference<nn::MultiLabelMarginLoss<>, Tensor<float, 5, 4>, Tensor<std::int64_t, 5, 4>>(
      {.vectors = "MultiLabelMarginLoss.p04.mean"});
  check<nn::MultiLabelMarginLoss<nn::size_average<false>>, Tensor<float, 6, 4>, Tensor<std::int64_t, 6, 4>>(
      {.vectors = "MultiLabelMarginLoss.p05.sum"});
  check_reference<nn::MultiLabelMarginLoss<>, Tensor<float, 6, 6>, Tensor<std::int64_t, 6, 6>>(
      {.vectors = "MultiLabelMarginLoss.p06.mean"});
  check_reference<nn::MultiLabelMarginLoss<nn::size_average<false>>, Tensor<float, 2, 6>, Tensor<std::int64_t, 2, 6>>(
      {.vectors = "MultiLabelMarginLoss.p07.sum_junk_after__1"});
  check_reference<nn::MultiLabelMarginLoss<>, Tensor<float, 5, 5>, Tensor<std::int64_t, 5, 5>>(
      {.vectors = "MultiLabelMarginLoss.p08.mean"});
  check_reference<nn::MultiLabelMarginLoss<>, Tensor<float, 4, 4>, Tensor<std::int64_t, 4, 4>>(
      {.vectors = "MultiLabelMarginLoss.p09.mean"});
  check_reference<nn::MultiLabelMarginLoss<nn::size_average<false>>, Tensor<float, 3, 7>, Tensor<std::int64_t, 3, 7>>(
      {.vectors = "MultiLabelMarginLoss.p10.sum"});
}

BOOST_AUTO_TEST_CASE(gradients) {
  using Scores = Tensor<float, 4, 5>;
  using Classes = Tensor<std::int64_t, 4>;
  check<nn::CrossEntropyLoss<>, Scores, Classes>();
  check<nn::CrossEntropyLoss<nn::ignore_index<1>, nn::size_average<false>>, Tensor<float, 2, 3, 1, 37>,
        Tensor<std::int64_t, 2, 1, 37>>();
  check<nn::NLLLoss<>, Scores, Classes>();
  check<nn::NLLLoss<>, Tensor<float, 2, 3, 5>, Tensor<std::int64_t, 2, 5>>();
  check<nn::NLLLoss2d<nn::ignore_index<0>>, Tensor<float, 2, 3, 4, 5>, Tensor<std::int64_t, 2, 4, 5>>();
  check<nn::MultiMarginLoss<>, Scores, Classes>();
  check<nn::MultiMarginLoss<nn::p<2>, nn::margin<0.4>, nn::size_average<false>>, Scores, Classes>();
  check<nn::MultiLabelMarginLoss<>, Scores, Tensor<std::int64_t, 4, 5>>();
  check<nn::CrossEntropyLoss<>, Tensor<float, 1, 1>, Tensor<std::int64_t, 1>>();
  check<nn::CrossEntropyLoss<>, Tensor<float, 37, 3>, Tensor<std::int64_t, 37>>();
}

BOOST_AUTO_TEST_CASE(gradients_with_weights) {
  using Scores = Tensor<float, 4, 5>;
  using Classes = Tensor<std::int64_t, 4>;
  const auto weight = random_argument<Tensor<float, 5>>(1, 0, 2);
  check_gradients<Scores, Classes>(nn::CrossEntropyLoss<>(weight), {});
  check_gradients<Scores, Classes>(nn::NLLLoss<nn::ignore_index<1>>(weight), {});
  check_gradients<Tensor<float, 2, 5, 3, 2>, Tensor<std::int64_t, 2, 3, 2>>(nn::NLLLoss2d<>(weight), {});
  check_gradients<Scores, Classes>(nn::MultiMarginLoss<nn::p<2>>(weight), {});
}

// Class 0 five above class 1, all others far below, at any height: log(1 + exp(-5)), and its gradient.
template <class T, index_t Classes, index_t... Axes>
void check_height(double height) {
  Tensor<T, 2, Classes, Axes...> x;
  constexpr index_t inner = x.size() / (2 * Classes);
  for (index_t i = 0; i < static_cast<index_t>(x.size()); ++i) {
    const index_t label = i / inner % Classes;
    x.data()[i] = static_cast<T>(label == 0 ? height : label == 1 ? height - 5 : height - 200);
  }
  nn::Variable logits{x, nn::requires_grad};
  const auto loss = nn::CrossEntropyLoss<>{}(logits, Tensor<std::int64_t, 2, Axes...>{});
  loss.backward();
  BOOST_TEST_CONTEXT("height " << height << ", " << Classes << " classes, inner " << inner) {
    BOOST_TEST(static_cast<double>(loss.item()) == std::log1p(std::exp(-5.0)), boost::test_tools::tolerance(1e-5));
    const double wrong = std::exp(-5.0) / (1 + std::exp(-5.0)) / static_cast<double>(2 * inner);
    const T* gradient = logits.grad().data();
    BOOST_TEST(static_cast<double>(gradient[inner]) == wrong, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(static_cast<double>(gradient[0]) == -wrong, boost::test_tools::tolerance(1e-4));
  }
}
BOOST_AUTO_TEST_CASE(large_logits) {
  for (const double height : {0.0, 1e4, 1e6, -1e6}) {
    check_height<float, 2>(height);
    check_height<float, 37>(height);
    check_height<float, 3, 5>(height);
    check_height<double, 37>(height);
  }
}

BOOST_AUTO_TEST_CASE(targets_outside_the_classes) {
  const Tensor<float, 3, 4> x;
  for (const std::int64_t wrong : {-1, 4}) {
    Tensor<std::int64_t, 3> target;
    target(1) = wrong;
    const std::string found = ": target 1 is " + std::to_string(wrong) + ", wanted 0 to 3";
    check_error([&] { nn::CrossEntropyLoss<>()(x, target); }, "CrossEntropyLoss" + found);
    check_error([&] { nn::NLLLoss<>()(x, target); }, "NLLLoss" + found);
    check_error([&] { nn::MultiMarginLoss<>()(x, target); }, "MultiMarginLoss" + found);
  }
  Tensor<std::int64_t, 3, 4> lists;
  lists(0, 0) = lists(1, 1) = lists(2, 0) = -1;
  lists(0, 3) = 7;  // after the end of its list
  BOOST_CHECK_NO_THROW(nn::MultiLabelMarginLoss<>()(x, lists));
  lists(1, 0) = 4;
  check_error([&] { nn::MultiLabelMarginLoss<>()(x, lists); }, "MultiLabelMarginLoss: target 4 is 4, wanted 0 to 3");
}

BOOST_AUTO_TEST_CASE(weights_of_other_classes) {
  const Tensor<float, 3, 4> x;
  const Tensor<std::int64_t, 3> target;
  check_error([&] { nn::NLLLoss<>(Tensor<float, 3>())(x, target); }, "NLLLoss: 3 class weights, wanted 4");
  check_error([&] { nn::MultiMarginLoss<>(Tensor<float, 5>())(x, target); },
              "MultiMarginLoss: 5 class weights, wanted 4");
}

}  // namespace
