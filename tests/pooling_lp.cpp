#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(lp_pool2d) {
  check<nn::LPPool2d<nn::norm_type<2>, nn::kernel_size<2>, nn::stride<2>>, Tensor<float, 1, 3, 7, 7>>(
      {.vectors = "LPPool2d.p01.table", .low = 0.1});
  check<nn::LPPool2d<nn::kernel_size<3>, nn::norm_type<2>, nn::stride<2, 2>>, Tensor<float, 1, 3, 6, 8>>(
      {.vectors = "LPPool2d.p02.p_2", .low = 0.1});
  check<nn::LPPool2d<nn::norm_type<1>, nn::kernel_size<2, 2>, nn::stride<2, 2>>, Tensor<float, 2, 3, 7, 6>>(
      {.vectors = "LPPool2d.p03.p_1", .low = 0.1});
  check<nn::LPPool2d<nn::norm_type<3>, nn::stride<2, 2>, nn::ceil_mode<true>, nn::kernel_size<3, 2>>,
        Tensor<float, 1, 1, 6, 8>>({.vectors = "LPPool2d.p04.p_3_ceil", .low = 0.1});
  check<nn::LPPool2d<nn::stride<1, 1>, nn::norm_type<1.5>, nn::kernel_size<3, 3>>, Tensor<float, 1, 2, 8, 7>>(
      {.vectors = "LPPool2d.p05.p_1_5", .low = 0.1});
  check<nn::LPPool2d<nn::stride<3, 1>, nn::norm_type<2>, nn::kernel_size<2>, nn::ceil_mode<true>>,
        Tensor<float, 2, 3, 7, 7>>({.vectors = "LPPool2d.p06.p_2_ceil", .low = 0.1});
  check<nn::LPPool2d<nn::norm_type<4>, nn::kernel_size<2, 3>, nn::stride<2, 1>, nn::ceil_mode<false>>,
        Tensor<float, 2, 3, 7, 5>>({.vectors = "LPPool2d.p07.p_4", .low = 0.1});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::LPPool2d<nn::norm_type<2.5>, nn::kernel_size<2, 3>, nn::stride<1>>, Tensor<float, 1, 3, 5, 23>>(
      {.low = 0.1});
  check<nn::LPPool2d<nn::norm_type<3>, nn::kernel_size<3, 13>>, Tensor<float, 1, 2, 3, 13>>({.low = 0.1});
  check<nn::LPPool2d<nn::norm_type<1.2>, nn::kernel_size<3, 2>, nn::stride<2, 1>>, Tensor<float, 1, 2, 7, 9>>(
      {.low = 0.1});
}

// A zero result has the gradient zero, as in PyTorch, and not that of the root.
BOOST_AUTO_TEST_CASE(lp_pool_of_zeros) {
  nn::LPPool2d<nn::norm_type<3>, nn::kernel_size<2>> pool;
  nn::Variable x{Tensor<float, 1, 1, 4, 34>{}, nn::requires_grad};
  auto y = pool(x);
  y.backward(y.data() + 1.f);
  for (const float g : x.grad()) BOOST_TEST(g == 0);
}

// However an option is spelled, it is one layer.
static_assert(std::is_same_v<nn::LPPool2d<nn::norm_type<2>, nn::kernel_size<3>>::operation,
                             nn::LPPool2d<nn::stride<3, 3>, nn::norm_type<2.0>, nn::kernel_size<3, 3>>::operation>);

}  // namespace
