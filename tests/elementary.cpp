// Functions of vectors of floats that are tenon's own: within a few units in the last place of the exact value.
#include <algorithm>
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <tenon/tenon.hpp>
#include <vector>

namespace {

namespace pointwise = tenon::pointwise;
constexpr float infinite = std::numeric_limits<float>::infinity(), none = std::numeric_limits<float>::quiet_NaN();

std::vector<float> values(const auto& function, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  tenon::host::map(static_cast<tenon::index_t>(x.size()), function, y.data(), x.data());
  return y;
}

/// Floats of both signs up to `largest`, from all binades.
std::vector<float> floats_up_to(float largest) {
  std::vector<float> x;
  for (std::uint32_t bits = 1; bits <= std::bit_cast<std::uint32_t>(largest); bits += 4093)
    for (const std::uint32_t sign : {0u, 0x80000000u}) x.push_back(std::bit_cast<float>(bits | sign));
  return x;
}

/// The largest error in units of the last place of the exact value; results below `smallest` are not looked at.
double largest_error(const auto& function, const auto& exact, float largest, double smallest = 0) {
  const std::vector<float> x = floats_up_to(largest), y = values(function, x);
  double error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double wanted = exact(static_cast<double>(x[i]));
    if (std::abs(wanted) < smallest) continue;
    const auto rounded = static_cast<float>(std::abs(wanted));
    const double unit = static_cast<double>(std::nextafter(rounded, infinite)) - static_cast<double>(rounded);
    const double apart = std::abs(static_cast<double>(y[i]) - wanted) / unit;
    error = std::isnan(apart) ? std::numeric_limits<double>::infinity() : std::max(error, apart);
  }
  return error;
}

BOOST_AUTO_TEST_CASE(tanh_in_float) {
  const auto exact = [](double x) { return std::tanh(x); };
  BOOST_TEST(largest_error(pointwise::Tanh{}, exact, 100) < 5);
  const std::vector<float> x{0, -0.f, 9.7f, -20, 3e38f, infinite, -infinite, none};
  const std::vector<float> y = values(pointwise::Tanh{}, x);
  for (std::size_t i = 0; i < x.size(); ++i)
    BOOST_TEST((std::isnan(x[i]) ? std::isnan(y[i]) : y[i] == std::tanh(x[i])), x[i] << ": " << y[i]);
  BOOST_TEST(std::signbit(y[1]));
}

BOOST_AUTO_TEST_CASE(sigmoid_in_float) {
  const auto exact = [](double x) { return 1 / (1 + std::exp(-x)); };
  constexpr double normal = std::numeric_limits<float>::min();
  BOOST_TEST(largest_error(pointwise::Sigmoid{}, exact, 86.9f, normal) < 4);
  const std::vector<float> x{0, 20, 200, -200, infinite, -infinite, 3e38f};
  const std::vector<float> y = values(pointwise::Sigmoid{}, x), wanted{0.5f, 1, 1, 0, 1, 0, 1};
  for (std::size_t i = 0; i < x.size(); ++i) BOOST_TEST(y[i] == wanted[i], x[i]);
  BOOST_TEST(std::isnan(values(pointwise::Sigmoid{}, {none})[0]));
}

}  // namespace
