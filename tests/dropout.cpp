#include <limits>

#include "chapter.hpp"
#include "tables/dropout.hpp"

using namespace tenon_test;

namespace {

// What is random is checked by what must hold of every draw: a unit, a channel or an element, is dropped or scaled.
template <class Layer, class X>
void check_mask(const X& t, double p, double tolerance) {
  constexpr auto unit = static_cast<std::size_t>(Layer::operation::template unit<tenon::shape_of_t<X>>);
  const double scale = p < 1 ? 1 / (1 - p) : 0;
  tenon::manual_seed(3);
  Layer layer;
  const nn::Variable x{t, nn::requires_grad};
  const auto y = layer(x), again = layer(x);
  const X grad_y = random_argument<X>(1, 1, 2);
  y.backward(grad_y);
  again.backward(grad_y);  // adds to the first gradient
  std::size_t dropped = 0, wrong = 0, same = 0;
  for (std::size_t u = 0; u < X::size(); u += unit) {
    const bool zero = y.data().data()[u] == 0, zero_again = again.data().data()[u] == 0;
    dropped += zero;
    same += zero == zero_again;
    for (std::size_t i = u; i < u + unit; ++i) {
      const double factor = zero ? 0 : scale, value = y.data().data()[i], gradient = x.grad().data()[i];
      wrong += std::fabs(value - t.data()[i] * factor) > 1e-5;
      wrong += std::fabs(gradient - grad_y.data()[i] * (factor + (zero_again ? 0 : scale))) > 1e-5;
    }
  }
  constexpr std::size_t units = X::size() / unit;
  BOOST_TEST(wrong == 0u);
  BOOST_TEST(std::fabs(static_cast<double>(dropped) / units - p) <= tolerance);
  BOOST_TEST((p == 1 || same < units));
}
template <class Layer, class X>
void check_mask(const char* vectors, double p, double tolerance) {
  BOOST_TEST_CONTEXT(vectors) { check_mask<Layer>(load_vectors(vectors).get<X>("f32.in.input"), p, tolerance); }
}

BOOST_AUTO_TEST_CASE(masks) {
  check_mask<nn::Dropout<nn::p<0.2>>, Tensor<float, 40, 31>>("Dropout.p03.statistical", 0.2, 0.0567);
  check_mask<nn::Dropout<>, Tensor<float, 38, 30>>("Dropout.p04.statistical", 0.5, 0.0740);
  check_mask<nn::Dropout<nn::p<0.3>>, Tensor<float, 30, 39>>("Dropout.p05.statistical", 0.3, 0.0669);
  check_mask<nn::Dropout2d<>, Tensor<float, 16, 35, 2, 2>>("Dropout2d.p03.statistical", 0.5, 0.1056);
  check_mask<nn::Dropout2d<nn::p<0.25>>, Tensor<float, 16, 40, 2, 2>>("Dropout2d.p04.statistical", 0.25, 0.0855);
  check_mask<nn::Dropout2d<nn::p<0.5>>, Tensor<float, 10, 35, 2, 2>>("Dropout2d.p05.statistical", 0.5, 0.1336);
  check_mask<nn::Dropout3d<nn::p<0.1>>, Tensor<float, 13, 33, 1, 2, 2>>("Dropout3d.p03.statistical", 0.1, 0.0724);
  check_mask<nn::Dropout3d<nn::p<0.25>>, Tensor<float, 13, 36, 1, 2, 2>>("Dropout3d.p04.statistical", 0.25, 0.1000);
  check_mask<nn::Dropout3d<nn::p<0.8>>, Tensor<float, 14, 35, 1, 2, 2>>("Dropout3d.p05.statistical", 0.8, 0.0903);
}

BOOST_AUTO_TEST_CASE(everything_dropped) {
  check_mask<nn::Dropout<nn::p<1>>>(random_argument<Tensor<float, 3, 7>>(1), 1, 0);
  check_mask<nn::Dropout2d<nn::p<1.0>>>(random_argument<Tensor<float, 3, 7, 2, 5>>(1), 1, 0);
}

BOOST_AUTO_TEST_CASE(repeatable) {
  const auto x = random_argument<Tensor<double, 3, 7, 2, 5>>(1);
  nn::Dropout2d<nn::p<0.3>> layer;
  tenon::manual_seed(5);
  const auto y = layer(x);
  tenon::manual_seed(5);
  compare("drawn again", layer(x), numbers(y), 0, 0);
}

// Dropped by a product: what is not finite stays visible, and in double the scale is that of double.
BOOST_AUTO_TEST_CASE(nan_infinity_and_precision) {
  Tensor<double, 64> x;
  x.fill(std::numeric_limits<double>::infinity());
  x(0) = std::numeric_limits<double>::quiet_NaN();
  const auto y = nn::Dropout<>{}(x);
  BOOST_TEST(std::isnan(y(0)));
  for (const double element : y) BOOST_TEST(!std::isfinite(element));
  x.fill(1);
  for (const double element : nn::Dropout<nn::p<0.3>>{}(x)) BOOST_TEST((element == 0 || element == 1 / (1 - 0.3)));
}

}  // namespace
