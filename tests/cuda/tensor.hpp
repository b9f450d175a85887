#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(tensor)
using namespace tenon_test;

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

// What core/place.hpp asks of a place.
using places = std::tuple<tenon::host, tenon::cuda::device>;
BOOST_AUTO_TEST_CASE_TEMPLATE(place, Place, places) {
  constexpr index_t count = 37;  // vectors and a rest
  using Numbers = Tensor<float, count>;
  using Array = typename Place::template array<float>;
  const auto a = random<Numbers>(), b = random<Numbers>();
  Array x(count), y(count), z(count);
  const auto check = [&](const Numbers& wanted, const Array& found) {
    Numbers host;
    Place::to_host(found.data(), count, host.data());
    check_equal(wanted, host, 1e-6);
  };
  Place::from_host(a.data(), count, x.data());
  Place::from_host(b.data(), count, y.data());
  Place::map(count, tenon::pointwise::Minus{}, z.data(), x.data(), y.data());
  check(Numbers(a - b), z);
  Place::map(count, tenon::pointwise::Negate{}, z.data(), z.data());
  check(Numbers(b - a), z);
  Place::map_gradient(count, true, tenon::pointwise::Times{}, z.data(), x.data(), y.data());
  check(Numbers(b - a + a * b), z);
  Place::map_gradient(count, false, tenon::pointwise::Identity{}, z.data(), x.data());
  check(a, z);
  Place::for_each(count, tenon::optim::SGDRule::MomentumDescent<float, false>{2, 3, 1, 0}, z.data(), y.data(),
                  static_cast<const float*>(x.data()));
  check(Numbers(a - 2.f * (3.f * b + a)), z);
  check(Numbers(3.f * b + a), y);
  check(a, x);

  typename Place::template array<std::int64_t> labels(count);
  Place::fill(labels.data(), count, std::int64_t{3});
  Place::fill(labels.data() + 29, 1, std::int64_t{-2});
  Place::copy(labels.data(), count, x.data());
  Numbers numbers;
  numbers.fill(3);
  numbers(29) = -2;
  check(numbers, x);
  BOOST_TEST(Place::find(count, tenon::IsOutside{4}, labels.data()) == 29);
  BOOST_TEST(Place::find(index_t{29}, tenon::IsOutside{4}, labels.data()) == 29);
  BOOST_TEST(tenon::read<Place>(labels.data() + 29) == -2);
  BOOST_TEST(Place::sum(count, tenon::pointwise::Times{}, static_cast<const float*>(x.data()),
                        static_cast<const float*>(x.data())) == 36 * 9 + 4);
}

BOOST_AUTO_TEST_CASE(devices) {
  BOOST_CHECK_THROW((nn::Linear<2, 2>().cuda(tenon::cuda::device_count())), tenon::Error);
  BOOST_CHECK_THROW((nn::Linear<2, 2>().cuda(-1)), tenon::Error);
}

BOOST_AUTO_TEST_SUITE_END()
