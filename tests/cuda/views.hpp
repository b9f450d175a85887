#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/views.hpp"

BOOST_AUTO_TEST_SUITE(views)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(tensors) {
  const auto x = random<Tensor<float, 3, 4, 5>>();
  const auto device_x = tenon::cuda::copy(x);
  check_equal(tenon::narrow<1, 1, 2>(x), tenon::narrow<1, 1, 2>(device_x), exactly);
  check_equal(tenon::select<2>(x, -1), select<2>(device_x, -1), exactly);
  check_equal(tenon::slice<nn::dim<2>, nn::step<3>>(x), tenon::slice<nn::dim<2>, nn::step<3>>(device_x), exactly);
  check_equal(std::get<1>(tenon::chunk<2, 1>(x)), std::get<1>(chunk<2, 1>(device_x)), exactly);
  check_equal(tenon::permute<2, 0, 1>(x), permute<2, 0, 1>(device_x), exactly);
  BOOST_CHECK_THROW((void)tenon::select<1>(device_x, 4), tenon::Error);
}

BOOST_AUTO_TEST_SUITE_END()
