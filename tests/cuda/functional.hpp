#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/functional.hpp"

BOOST_AUTO_TEST_SUITE(functional)
using namespace tenon_test;
using namespace forwards;

BOOST_AUTO_TEST_CASE(forwards_in_double) {
  check_on_device<Arithmetic<double>, Tensor<double, 3, 5>>();
  check_on_device<Division<double>, Tensor<double, 3, 5>>();
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
