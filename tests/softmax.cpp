// Softmax and its relatives.
#include "chapter.hpp"
#include "tables/softmax.hpp"

using namespace tenon_test;

namespace {

// exp(10001) overflows, and the logarithm of a sum near it would have lost the digits asked for here.
BOOST_AUTO_TEST_CASE(large_elements) {
  const auto x = Tensor<float, 1, 2>::from(std::vector{10000.f, 10001.f});
  const double e = std::exp(1.0);
  compare("Softmax", nn::Softmax<>()(x), {1 / (1 + e), e / (1 + e)}, 1e-6, 0);
  compare("Softmin", nn::Softmin<>()(x), {e / (1 + e), 1 / (1 + e)}, 1e-6, 0);
  compare("LogSoftmax", nn::LogSoftmax<>()(x), {-std::log(1 + e), 1 - std::log(1 + e)}, 1e-6, 0);
}

#if !__FINITE_MATH_ONLY__  // -ffast-math, which knows neither
BOOST_AUTO_TEST_CASE(not_a_number) {
  Tensor<float, 2, 37> x;
  x(1, 36) = std::numeric_limits<float>::quiet_NaN();
  const auto y = nn::Softmax<>()(x);
  for (index_t i = 0; i < 37; ++i) {
    BOOST_TEST(y(0, i) == 1.f / 37);
    BOOST_TEST(std::isnan(y(1, i)));
  }
}
#endif

BOOST_AUTO_TEST_CASE(as_functions) {
  namespace functional = nn::functional;
  const auto x = random_argument<Tensor<float, 3, 5>>(1);
  compare("softmax", functional::softmax<nn::dim<0>>(x), numbers(nn::Softmax<nn::dim<0>>()(x)), 0, 0);
  compare("softmin", functional::softmin<nn::dim<-1>>(x), numbers(functional::softmin<-1>(x)), 0, 0);
  compare("log_softmax", functional::log_softmax<nn::dim<1>>(x), numbers(functional::log_softmax(x)), 0, 0);
}

}  // namespace
