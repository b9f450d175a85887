// What the activations have in common, and PReLU, which has a parameter.
#include <limits>

#include "chapter.hpp"
#include "tables/activation.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(prelu_begins_where_it_is_told) {
  BOOST_TEST(nn::PReLU<nn::init<0.5>>().weight.data()(0) == 0.5f);
}

// A sum that loses digits where all its terms are added one by one.
BOOST_AUTO_TEST_CASE(prelu_of_many_rows) {
  constexpr index_t rows = 1 << 18;
  const auto x = random_argument<Tensor<float, rows, 2>>(1, -1, 0);
  const auto gradient = random_argument<Tensor<float, rows, 2>>(1, 0, 1);
  nn::PReLU<nn::num_parameters<2>> layer;
  layer(nn::Variable{x}).backward(gradient);
  std::vector<double> expected(2);
  for (index_t row = 0; row < rows; ++row)
    for (index_t c = 0; c < 2; ++c)
      expected[static_cast<std::size_t>(c)] += static_cast<double>(gradient(row, c)) * static_cast<double>(x(row, c));
  compare("weight", layer.weight.grad(), expected, 3e-6, 0);
}

#if !__FINITE_MATH_ONLY__  // -ffast-math, which knows neither
constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();

/// The layer at -infinity, infinity and NaN, eager and compiled.
template <class Layer>
void check_extremes(float below, float above) {
  BOOST_TEST_CONTEXT(nn::repr_module(Layer{})) {
    const auto x = Tensor<float, 3>::from(std::vector{-infinity, infinity, nan});
    Layer layer;
    auto net = tenon::compile<Tensor<float, 3>>(layer);
    for (const Tensor<float, 3>& y : {layer(x), Tensor<float, 3>(net(x))}) {
      const auto same = [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); };
      BOOST_TEST(same(y(0), below), y(0) << " of -infinity");
      BOOST_TEST(same(y(1), above), y(1) << " of infinity");
      BOOST_TEST(std::isnan(y(2)), y(2) << " of NaN");
    }
  }
}

BOOST_AUTO_TEST_CASE(extremes) {
  check_extremes<nn::ReLU>(0, infinity);
  check_extremes<nn::ReLU6>(0, 6);
  check_extremes<nn::Hardtanh<>>(-1, 1);
  check_extremes<nn::LeakyReLU<>>(-infinity, infinity);
  check_extremes<nn::Threshold<nn::threshold<0>, nn::value<20>>>(20, infinity);
  check_extremes<nn::Softshrink<>>(-infinity, infinity);
  check_extremes<nn::PReLU<>>(-infinity, infinity);
  check_extremes<nn::Sigmoid>(0, 1);
  check_extremes<nn::Tanh>(-1, 1);
  check_extremes<nn::Tanhshrink>(-infinity, infinity);
  check_extremes<nn::LogSigmoid>(-infinity, 0);
  check_extremes<nn::ELU<nn::alpha<2>>>(-2, infinity);
  check_extremes<nn::Softplus<>>(0, infinity);
  check_extremes<nn::Softsign>(nan, nan);
  check_extremes<nn::Hardsigmoid>(0, 1);
  check_extremes<nn::Hardswish>(nan, infinity);
  check_extremes<nn::GELU>(nan, infinity);
  check_extremes<nn::SiLU>(nan, infinity);
  check_extremes<nn::Mish>(nan, infinity);
}
#endif

// Classes without recorded vectors, where their definitions can be worked out: Phi(1) and Phi(-2) are in every table.
BOOST_AUTO_TEST_CASE(known_values) {
  const auto close = [](auto layer, double at_1, double at_minus_2) {
    const auto near = [](double a, double b, double tolerance) { return std::abs(a - b) <= tolerance; };
    const auto y = layer(Tensor<double, 2>::from(std::vector{1, -2}));
    BOOST_TEST(near(y(0), at_1, 1e-14), y(0) << " of 1");
    BOOST_TEST(near(y(1), at_minus_2, 1e-14), y(1) << " of -2");
    const auto z = layer(Tensor<float, 2>::from(std::vector{1, -2}));
    BOOST_TEST(near(z(0), at_1, 2e-7), z(0) << " of 1, in float");
    BOOST_TEST(near(z(1), at_minus_2, 1e-7), z(1) << " of -2, in float");
  };
  close(nn::GELU{}, 0.841344746068542949, -2 * 0.0227501319481792072);
  close(nn::SiLU{}, 0.731058578630004879, -2 * 0.119202922022117556);
  close(nn::Hardsigmoid{}, 4. / 6, 1. / 6);
  close(nn::Hardswish{}, 4. / 6, -2. / 6);
}

namespace F = nn::functional;

BOOST_AUTO_TEST_CASE(functions) {
  const auto x = random_argument<Tensor<float, 2, 5>>(1, -3, 3);
  const auto same = [&](const auto& function, auto&& layer) {
    compare(nn::repr_module(layer), function, numbers(layer(x)), 0, 0);
  };
  same(F::relu(x), nn::ReLU{});
  same(F::relu6(x), nn::ReLU6{});
  same(F::sigmoid(x), nn::Sigmoid{});
  same(F::tanh(x), nn::Tanh{});
  same(F::logsigmoid(x), nn::LogSigmoid{});
  same(F::softsign(x), nn::Softsign{});
  same(F::tanhshrink(x), nn::Tanhshrink{});
  same(F::gelu(x), nn::GELU{});
  same(F::silu(x), nn::SiLU{});
  same(F::mish(x), nn::Mish{});
  same(F::hardswish(x), nn::Hardswish{});
  same(F::hardsigmoid(x), nn::Hardsigmoid{});
  same(F::elu(x), nn::ELU<>{});
  same(F::elu<nn::alpha<0.5>>(x), nn::ELU<nn::alpha<0.5>>{});
  same(F::leaky_relu<nn::negative_slope<0.2>>(x), nn::LeakyReLU<nn::negative_slope<0.2>>{});
  same(F::threshold<nn::value<2>, nn::threshold<1>>(x), nn::Threshold<nn::threshold<1.0>, nn::value<2>>{});
  same(F::hardtanh<nn::max_value<2>>(x), nn::Hardtanh<nn::max_value<2.0>>{});
  same(F::softplus<nn::beta<2>>(x), nn::Softplus<nn::beta<2>>{});
  same(F::softshrink(x), nn::Softshrink<>{});
  same(F::softmax(x), nn::Softmax<>{});
  same(F::softmin<0>(x), nn::Softmin<nn::dim<0>>{});
  same(F::log_softmax(x), nn::LogSoftmax<>{});
  nn::PReLU<nn::num_parameters<5>> prelu;
  same(F::prelu(x, prelu.weight), prelu);
  same(F::prelu(x, prelu.weight.data()), prelu);
}

// However an option is spelled, there is one function.
static_assert(std::is_same_v<nn::ELU<nn::alpha<1>>::operation, nn::ELU<>::operation>);
static_assert(std::is_same_v<nn::Softplus<nn::threshold<20>, nn::beta<1.0>>::operation, nn::Softplus<>::operation>);

}  // namespace
