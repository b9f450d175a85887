#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(linear) {
  check<nn::Linear<10, 8, nn::bias<true>, nn::dtype<float>>, Tensor<float, 4, 10>>({.vectors = "Linear.p01.table"});
  check<nn::Linear<10, 8>, Tensor<float, 4, 10>>({.vectors = "Linear.p02.db_0"});
  check<nn::Linear<4, 4>, Tensor<float, 6, 4>>({.vectors = "Linear.p04.options"});
  check<nn::Linear<3, 6, nn::bias<false>>, Tensor<float, 5, 3>>({.vectors = "Linear.p05.options"});
  check<nn::Linear<9, 1, nn::bias<true>>, Tensor<float, 3, 9>>({.vectors = "Linear.p06.options"});
  check<nn::Linear<7, 5, nn::dtype<float>, nn::bias<true>>, Tensor<float, 5, 7>>({.vectors = "Linear.p07.options"});
  check<nn::Linear<3, 9, nn::bias<false>>, Tensor<float, 3, 3>>({.vectors = "Linear.p08.options"});
  check<nn::Linear<7, 2, nn::bias<true>>, Tensor<float, 2, 3, 7>>({.vectors = "Linear.p09.3d_input"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::Linear<1, 1>, Tensor<float, 1, 1>>();
  check<nn::Linear<17, 33>, Tensor<float, 1, 17>>();
  check<nn::Linear<37, 5, nn::bias<false>>, Tensor<float, 7, 37>>();
  check<nn::Linear<64, 4>, Tensor<float, 1, 64>>();
  check<nn::Linear<3, 131>, Tensor<float, 2, 5, 3>>();
  check<nn::Linear<600, 19>, Tensor<float, 13, 600>>();
}

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
