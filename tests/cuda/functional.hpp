#include "../forwards.hpp"
#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(functional)
using namespace against_host;
using namespace forwards;

BOOST_AUTO_TEST_CASE(arithmetic) {
  check<Arithmetic<>, Tensor<float, 3, 5>>();
  check<Arithmetic<double>, Tensor<double, 3, 5>>();
}

BOOST_AUTO_TEST_CASE(division) {
  check<Division<>, Tensor<float, 3, 5>>();
  check<Division<double>, Tensor<double, 3, 5>>();
}

BOOST_AUTO_TEST_CASE(products) {
  check<Products<>, Tensor<float, 3, 5>>();
  check<Products<double>, Tensor<double, 2, 5>>();
}

BOOST_AUTO_TEST_CASE(parts) {
  check<Channels<>, Tensor<float, 2, 3, 4>>();
  check<Channels<>, Tensor<float, 1, 3, 16>>();
  check<AlignedParts<>, Tensor<float, 3, 16>>();
  check<OddParts<>, Tensor<float, 3, 5>>();
}

BOOST_AUTO_TEST_CASE(tensors) {
  const auto a = random<Tensor<float, 2, 3>>(), b = random<Tensor<float, 2, 3>>();
  const auto c = tenon::cuda::copy(a), d = tenon::cuda::copy(b);
  check_equal(Tensor<float, 2, 3>(a - b), c - d, exactly);
  check_equal(Tensor<float, 2, 3>(a * b), c * d, exactly);
  check_equal(Tensor<float, 2, 3>(2.f * a), 2 * c, exactly);
  check_equal(Tensor<float, 2, 3>(1.f - a), 1 - c, exactly);
  check_equal(Tensor<float, 2, 3>(-a), -c, exactly);
  check_equal(Tensor<float, 2, 3>(a / b), c / d, exactly);
  check_equal(Tensor<float, 2, 3>(a / 3.f), c / 3, exactly);
  check_equal(Tensor<float, 2, 3>(3.f / a), 3 / c, exactly);
  check_equal(a[1], c[1], exactly);
  check_equal(cat<1>(a, b), cat<1>(c, d), exactly);
  BOOST_TEST(c[1][2].item() == a(1, 2));
  BOOST_CHECK_THROW((void)c[2], tenon::Error);
}

BOOST_AUTO_TEST_SUITE_END()
