#include "chapter.hpp"
#include "tables/linear.hpp"

using namespace tenon_test;

namespace {

// Sums that lose digits where all their terms are added one by one.
BOOST_AUTO_TEST_CASE(many_rows) {
  constexpr index_t rows = 1 << 18;
  const auto x = random_argument<Tensor<float, rows, 2>>(1, 0, 1);
  const auto gradient = random_argument<Tensor<float, rows, 3>>(1, 0, 1);
  nn::Linear<2, 3> layer;
  layer(nn::Variable{x}).backward(gradient);
  std::vector<double> weight(6), bias(3);
  for (index_t row = 0; row < rows; ++row)
    for (index_t o = 0; o < 3; ++o) {
      const double g = static_cast<double>(gradient(row, o));
      bias[static_cast<std::size_t>(o)] += g;
      for (index_t i = 0; i < 2; ++i) weight[static_cast<std::size_t>(o * 2 + i)] += g * static_cast<double>(x(row, i));
    }
  compare("weight", layer.weight.grad(), weight, 3e-6, 0);
  compare("bias", layer.bias.grad(), bias, 3e-6, 0);
}

}  // namespace
