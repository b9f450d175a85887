#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(loss)
using namespace against_host;

template <class Loss, class X, class Target>
void check_loss(const Loss& loss, const X& x, const Target& target) {
  check_equal(loss(x, target), loss(tenon::cuda::copy(x), tenon::cuda::copy(target)), 2e-6);
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

BOOST_AUTO_TEST_CASE(mean_squared_error) {
  check_loss(nn::MSELoss<>(), random<Tensor<float, 7, 13>>(), random<Tensor<float, 7, 13>>());
  check_loss(nn::MSELoss<nn::size_average<false>>(), random<Tensor<double, 3>>(), random<Tensor<double, 3>>());
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

BOOST_AUTO_TEST_CASE(target_outside_the_classes) {
  const tenon::cuda::Tensor<float, 4, 3> x;
  for (const std::int64_t label : {-1, 3}) {
    Tensor<std::int64_t, 4> target;
    target(2) = label;
    const auto says_which = [label](const tenon::Error& error) {
      return std::string(error.what()).find("target 2 is " + std::to_string(label)) != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(nn::CrossEntropyLoss<>()(x, tenon::cuda::copy(target)), tenon::Error, says_which);
  }
  const nn::CrossEntropyLoss<> weighted(Tensor<float, 2>{});
  BOOST_CHECK_THROW(weighted(x, tenon::cuda::copy(Tensor<std::int64_t, 4>())), tenon::Error);
}

BOOST_AUTO_TEST_SUITE_END()
