#include "chapter.hpp"
#include "tables/pooling_average.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(nan_and_infinity_stay_in_their_windows) {
  Tensor<float, 1, 1, 4, 36> x;
  x(0, 0, 0, 0) = std::nanf("");
  x(0, 0, 2, 34) = std::numeric_limits<float>::infinity();
  nn::AvgPool2d<nn::kernel_size<2>> average;
  nn::LPPool2d<nn::norm_type<2>, nn::kernel_size<2>> norm;
  const auto look = [](const auto& y) {
    BOOST_TEST(std::isnan(y(0, 0, 0, 0)));
    BOOST_TEST(std::isinf(y(0, 0, 1, 17)));
    BOOST_TEST(std::count(y.begin(), y.end(), 0.f) == 34);
  };
  look(average(x));
  look(norm(x));
  look(tenon::compile<Tensor<float, 1, 1, 4, 36>>(average)(x));
  look(tenon::compile<Tensor<float, 1, 1, 4, 36>>(norm)(x));
}

}  // namespace
