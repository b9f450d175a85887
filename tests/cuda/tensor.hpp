#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(tensor)
using namespace against_host;

BOOST_AUTO_TEST_CASE(copies) {
  const auto host = random<Tensor<double, 3, 5>>();
  tenon::cuda::Tensor<double, 3, 5> a = tenon::cuda::copy(host), b = a, zero;
  check_equal(Tensor<double, 3, 5>(), zero, exactly);
  a.fill(2);
  check_equal(host, b, exactly);
  b = a;
  check_equal(a.to_host(), b, exactly);
  b = host;
  check_equal(host, b, exactly);
  const tenon::cuda::Tensor<double, 3, 5> moved = std::move(b);
  check_equal(host, moved, exactly);
  BOOST_TEST(tenon::cuda::copy(Tensor<std::int64_t>(std::int64_t{-7})).item() == -7);
}

BOOST_AUTO_TEST_CASE(views) {
  tenon::cuda::Tensor<float, 4> owner;
  auto view = tenon::cuda::Tensor<float, 4>::view(owner.data());
  const auto x = random<Tensor<float, 4>>();
  view = tenon::cuda::copy(x);  // into the viewed memory, moved from or not
  check_equal(x, owner, exactly);
  BOOST_TEST(view.is_view());
  BOOST_TEST(!owner.is_view());
}

// The gradients of a training step, the results of a call: the same memory each time.
BOOST_AUTO_TEST_CASE(memory_is_recycled, *boost::unit_test::enable_if<tenon::memory::detail::recycle>()) {
  const auto address = [] { return tenon::cuda::Tensor<float, 1000>().data(); };
  BOOST_TEST(address() == address());
}

BOOST_AUTO_TEST_CASE(devices) {
  BOOST_CHECK_THROW((nn::Linear<2, 2>().cuda(tenon::cuda::device_count())), tenon::Error);
  BOOST_CHECK_THROW((nn::Linear<2, 2>().cuda(-1)), tenon::Error);
}

BOOST_AUTO_TEST_SUITE_END()
