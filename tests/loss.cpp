// Losses of two or three tensors, element by element or row by row.
#include "chapter.hpp"
#include "tables/loss.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(gradients_with_weights) {
  using X = Tensor<float, 3, 7>;
  const auto weight = random_argument<X>(1, 0, 2);
  check_gradients<X, X>(nn::BCELoss<>(weight), {.low = 0.1, .high = 0.9});
  check_gradients<X, X>(nn::BCEWithLogitsLoss<nn::size_average<false>>(weight), {});
  check_gradients<X, X>(nn::MultiLabelSoftMarginLoss<>(random_argument<Tensor<float, 7>>(1, 0, 2)), {});
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

BOOST_AUTO_TEST_CASE(weights_are_converted_with_a_model) {
  const nn::BCELoss<> weighted{Tensor<float, 3>::from({1, 20, 300})};
  const auto x = Tensor<double, 1, 3>::from({0.25, 0.5, 0.125}), target = Tensor<double, 1, 3>::from({1, 0, 0.5});
  const double wanted = weighted(x, target).item();
  BOOST_TEST((weighted.to<double>()(x, target).item() == wanted));
  BOOST_TEST((nn::BCELoss<>{}(x, target).item() != wanted));
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
