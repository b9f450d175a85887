#include "../forwards.hpp"
#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(functional)
using namespace against_host;
using namespace forwards;

BOOST_AUTO_TEST_CASE(arithmetic) {
  check<Arithmetic<>, Tensor<float, 3, 5>>();
  check<Arithmetic<double>, Tensor<double, 3, 5>>();
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
  check_equal(a[1], c[1], exactly);
  check_equal(cat<1>(a, b), cat<1>(c, d), exactly);
  BOOST_TEST(c[1][2].item() == a(1, 2));
  BOOST_CHECK_THROW((void)c[2], tenon::Error);
}

using Branches =
    nn::Concat<nn::Linear<5, 5>, nn::Named<"deep", nn::Sequential<nn::Linear<5, 3>, nn::ReLU, nn::Linear<3, 5>>>,
               nn::Identity>;
BOOST_AUTO_TEST_CASE(containers) {
  check<Branches, Tensor<float, 1, 16, 5>>();
  check<Branches, Tensor<float, 3, 3, 2, 5>>();
  check<nn::Residual<nn::Linear<4, 3>, nn::Linear<4, 3, nn::bias<false>>>, Tensor<float, 2, 4>>();
  check<nn::Unflatten<nn::dim<-1>, nn::unflattened_size<2, -1>>, Tensor<float, 3, 8>>(exactly);
}

BOOST_AUTO_TEST_CASE(shared) {
  check<Tied<>, Tensor<float, 3, 5>>();
  auto on_device = Tied<>().cuda(0);
  BOOST_TEST(&*on_device.first == &*on_device.second);
}

BOOST_AUTO_TEST_SUITE_END()
