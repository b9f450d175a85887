#include "chapter.hpp"
#include "tables/pooling.hpp"

using namespace tenon_test;

namespace {

// A window that covers the last axis but for its dilation runs off the end: it sees one element of that axis.
BOOST_AUTO_TEST_CASE(dilated_beyond_the_end) {
  using Row = Tensor<float, 1, 1, 2>;
  const auto row = Row::from(std::vector{1, 9});
  using Along = nn::MaxPool1d<nn::kernel_size<2>, nn::stride<3>, nn::dilation<2>, nn::ceil_mode<true>>;
  BOOST_TEST(Along{}(row).item() == 1);
  BOOST_TEST(Along{}(nn::Variable{row, nn::requires_grad}).item() == 1);
  nn::Sequential<Along> chain;
  auto net = tenon::compile<Row>(chain);
  BOOST_TEST(net(row).item() == 1);

  using Plane = Tensor<float, 1, 1, 2, 2>;
  const nn::MaxPool2d<nn::kernel_size<2, 2>, nn::stride<3, 3>, nn::dilation<1, 2>, nn::ceil_mode<true>,
                      nn::return_indices<true>>
      pool;
  const auto [y, indices] = pool(Plane::from(std::vector{1, 2, 3, 4}));
  BOOST_TEST(y.item() == 3);
  BOOST_TEST(indices.item() == 2);
}

// As in PyTorch: a NaN in a window is its result, and the place it came from the last NaN's.
BOOST_AUTO_TEST_CASE(nan_is_the_largest) {
  Tensor<float, 1, 2, 6, 44> x;
  tenon::fill_uniform(x, 1.0);
  const float nan = std::nanf("");
  x(0, 0, 2, 3) = x(0, 0, 3, 2) = x(0, 1, 5, 43) = nan;
  nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>> with_indices;
  const auto [y, indices] = with_indices(x);
  BOOST_TEST(std::isnan(y(0, 0, 1, 1)));
  BOOST_TEST(indices(0, 0, 1, 1) == 3 * 44 + 2);
  BOOST_TEST(std::isnan(y(0, 1, 2, 21)));
  BOOST_TEST(std::count_if(y.begin(), y.end(), [](float v) { return std::isnan(v); }) == 2);
  nn::Sequential<nn::MaxPool2d<nn::kernel_size<2>>> pool;
  auto net = tenon::compile<Tensor<float, 1, 2, 6, 44>>(pool);
  const auto& compiled = net(x);
  for (std::size_t i = 0; i < y.size(); ++i)
    BOOST_TEST((compiled.data()[i] == y.data()[i] || (std::isnan(compiled.data()[i]) && std::isnan(y.data()[i]))));
}

}  // namespace
