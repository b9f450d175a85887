#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/loss.hpp"

BOOST_AUTO_TEST_SUITE(loss)
using namespace tenon_test;

/// The value of `loss`, and its gradients with respect to floating arguments.
template <class Loss, class... X>
void check_loss(const Loss& loss, const X&... x) {
  check_layer(loss, {.device_tolerance = 1e-5}, x...);
}

/// Probabilities.
template <class TensorType>
TensorType probabilities() {
  TensorType x;
  for (auto& p : x) p = std::uniform_real_distribution<float>(0.1f, 0.9f)(engine());
  return x;
}

/// Classes below `classes`; a third of the targets are `ignored`.
template <class Target>
Target targets(std::int64_t classes, std::int64_t ignored) {
  Target target;
  for (std::int64_t& label : target) {
    const auto draw = static_cast<std::int64_t>(engine()());
    label = draw % 3 == 0 ? ignored : draw / 3 % classes;
  }
  return target;
}

BOOST_AUTO_TEST_CASE(weighted_elements) {
  using X = Tensor<float, 5, 7>;
  const auto x = random<X>();
  const auto p = probabilities<X>(), q = probabilities<X>();
  check_loss(nn::BCELoss<>(random<Tensor<float, 5, 1>>()), p, q);
  check_loss(nn::MultiLabelSoftMarginLoss<nn::size_average<false>>(random<Tensor<float, 7>>()), x, p);
  auto wrong = p;
  wrong(1, 2) = 2;
  BOOST_CHECK_EXCEPTION(nn::BCELoss<>()(tenon::cuda::copy(wrong), tenon::cuda::copy(q)), tenon::Error,
                        [](const tenon::Error& e) { return std::string(e.what()).find("element 9 is 2") == 9; });
}

BOOST_AUTO_TEST_CASE(classes) {
  const auto x = random<Tensor<float, 23, 5>>();
  const auto target = targets<Tensor<std::int64_t, 23>>(5, 2);
  check_loss(nn::NLLLoss<nn::ignore_index<2>>(random<Tensor<float, 5>>()), x, target);
  check_loss(nn::NLLLoss2d<>(), random<Tensor<float, 2, 3, 4, 5>>(), targets<Tensor<std::int64_t, 2, 4, 5>>(3, 0));
  check_loss(nn::MultiMarginLoss<nn::p<2>>(random<Tensor<float, 5>>()), x, target);
  check_loss(nn::MultiLabelMarginLoss<>(), x, targets<Tensor<std::int64_t, 23, 5>>(5, -1));
}

BOOST_AUTO_TEST_CASE(cross_entropy) {
  const auto x = random<Tensor<float, 23, 5>>();
  const auto target = targets<Tensor<std::int64_t, 23>>(5, 2);
  check_loss(nn::CrossEntropyLoss<>(), x, target);
  check_loss(nn::CrossEntropyLoss<nn::size_average<false>>(), x, target);
  check_loss(nn::CrossEntropyLoss<nn::ignore_index<2>>(), x, target);
  check_loss(nn::CrossEntropyLoss<>(Tensor<float, 5>::from(std::array<float, 5>{1, 2, 0.5f, 0, 3})), x, target);
  check_loss(nn::CrossEntropyLoss<>(), random<Tensor<float, 2, 3, 4, 5>>(),
             targets<Tensor<std::int64_t, 2, 4, 5>>(3, -100));
}

BOOST_AUTO_TEST_CASE(large_logits) {
  auto x = random<Tensor<float, 23, 5>>();
  for (float& logit : x) logit = 1e6f + 8 * std::round(logit);
  check_loss(nn::CrossEntropyLoss<>(), x, targets<Tensor<std::int64_t, 23>>(5, 2));
}

BOOST_AUTO_TEST_CASE(target_outside_the_classes) {
  const tenon::cuda::Tensor<float, 4, 3> x;
  for (const std::int64_t label : {-1, -2, 3}) {
    Tensor<std::int64_t, 4> target;
    target(2) = label;
    const auto says_which = [label](const tenon::Error& error) {
      return std::string(error.what()).find("target 2 is " + std::to_string(label)) != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(nn::CrossEntropyLoss<>()(x, tenon::cuda::copy(target)), tenon::Error, says_which);
    BOOST_CHECK_EXCEPTION(nn::MultiMarginLoss<>()(x, tenon::cuda::copy(target)), tenon::Error, says_which);
    Tensor<std::int64_t, 4, 3> lists;
    lists(0, 2) = label;
    if (label != -1)  // which ends a list
      BOOST_CHECK_EXCEPTION(nn::MultiLabelMarginLoss<>()(x, tenon::cuda::copy(lists)), tenon::Error, says_which);
  }
  const nn::CrossEntropyLoss<> weighted(Tensor<float, 2>{});
  BOOST_CHECK_THROW(weighted(x, tenon::cuda::copy(Tensor<std::int64_t, 4>())), tenon::Error);
}

BOOST_AUTO_TEST_SUITE_END()
