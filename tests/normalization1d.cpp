#include "chapter.hpp"
#include "tables/normalization1d.hpp"

using namespace tenon_test;

namespace {

// Sums that lose digits where all their terms are added one by one; few columns and many.
template <index_t Features>
void check_many_rows() {
  constexpr index_t rows = 1 << 18;
  const auto x = random_argument<Tensor<float, rows, Features>>(1, 9, 12);
  const auto gradient = random_argument<Tensor<float, rows, Features>>(1, 0, 1);
  nn::BatchNorm1d<Features, nn::eps<0>> layer;
  const auto y = layer(nn::Variable{x});
  y.backward(gradient);
  std::vector<double> weight(Features), bias(Features), expected(x.size());
  for (index_t c = 0; c < Features; ++c) {
    double mean = 0, variance = 0;
    for (index_t row = 0; row < rows; ++row) mean += static_cast<double>(x(row, c)) / rows;
    for (index_t row = 0; row < rows; ++row) variance += std::pow(static_cast<double>(x(row, c)) - mean, 2) / rows;
    for (index_t row = 0; row < rows; ++row) {
      const double value = (static_cast<double>(x(row, c)) - mean) / std::sqrt(variance);
      const double g = static_cast<double>(gradient(row, c));
      expected[static_cast<std::size_t>(row * Features + c)] = value;
      bias[static_cast<std::size_t>(c)] += g;
      weight[static_cast<std::size_t>(c)] += g * value;
    }
  }
  compare("output", y.data(), expected, 2e-6, 2e-6);
  compare("bias", layer.bias.grad(), bias, 3e-6, 0);
  compare("weight", layer.weight.grad(), weight, 0, 1e-6 * rows);
}
BOOST_AUTO_TEST_CASE(many_rows) {
  check_many_rows<3>();
  check_many_rows<18>();
}

BOOST_AUTO_TEST_CASE(one_row) {
  nn::BatchNorm1d<37> layer;
  (void)layer(random_argument<Tensor<float, 5, 37>>(1));
  layer.eval();
  const auto x = random_argument<Tensor<float, 1, 37>>(1);
  auto net = tenon::compile<Tensor<float, 1, 37>>(layer);
  compare("compiled", net(x), numbers(layer(x)), 1e-5, 1e-5);
}

}  // namespace
