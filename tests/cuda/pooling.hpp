#include <limits>

#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(pooling)
using namespace against_host;

BOOST_AUTO_TEST_CASE(options) {
  check<nn::MaxPool2d<nn::kernel_size<2>>, Tensor<float, 2, 3, 8, 6>>(exactly);
  check<nn::MaxPool2d<nn::kernel_size<3, 2>, nn::stride<2, 1>>, Tensor<float, 2, 3, 7, 9>>(exactly);
  check<nn::MaxPool2d<nn::kernel_size<3>, nn::padding<1>, nn::dilation<2>>, Tensor<float, 1, 5, 9, 11>>(exactly);
  check<nn::MaxPool2d<nn::kernel_size<2, 3>, nn::stride<2, 3>, nn::ceil_mode<true>>, Tensor<float, 3, 1, 5, 7>>(
      exactly);
  check<nn::MaxPool2d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>, nn::ceil_mode<true>>,
        Tensor<double, 1, 2, 6, 8>>(exactly);
  check<nn::MaxPool2d<nn::kernel_size<1>>, Tensor<float, 1, 1, 1, 1>>(exactly);
}

// Equal elements, NaN and infinities: which one is picked shows in the indices.
BOOST_AUTO_TEST_CASE(indices) {
  using Pool = nn::MaxPool2d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>, nn::return_indices<true>>;
  Tensor<float, 2, 3, 9, 8> x;
  std::uniform_int_distribution<int> few(-1, 1);
  for (float& element : x) element = static_cast<float>(few(engine()));
  x(0, 0, 2, 3) = x(0, 0, 3, 3) = x(1, 2, 8, 7) = std::numeric_limits<float>::quiet_NaN();
  for (index_t i = 0; i < 9; ++i)
    for (index_t j = 0; j < 8; ++j) x(1, 0, i, j) = -std::numeric_limits<float>::infinity();
  Pool pool;
  const auto [y, positions] = pool(x);
  const auto [device_y, device_positions] = pool(tenon::cuda::copy(x));
  check_equal(y, device_y, exactly);
  check_equal(positions, device_positions, exactly);
}

BOOST_AUTO_TEST_SUITE_END()
