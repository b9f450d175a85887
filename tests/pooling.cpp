#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(max_pool2d) {
  check<nn::MaxPool2d<nn::ceil_mode<false>, nn::stride<2, 2>, nn::padding<1>, nn::kernel_size<3, 3>>,
        Tensor<float, 1, 3, 7, 7>>({.vectors = "MaxPool2d.p01.4d_input"});
  check<nn::MaxPool2d<nn::kernel_size<3, 1>, nn::stride<3, 1>, nn::padding<1, 0>, nn::dilation<2>,
                      nn::return_indices<false>, nn::ceil_mode<false>>,
        Tensor<float, 1, 1, 9, 4>>({.vectors = "MaxPool2d.p03.options"});
  check<nn::MaxPool2d<nn::kernel_size<2, 4>, nn::stride<2, 4>, nn::padding<0, 0>, nn::return_indices<true>,
                      nn::ceil_mode<true>>,
        Tensor<float, 2, 2, 6, 7>>({.vectors = "MaxPool2d.p04.indices"});
  check<nn::MaxPool2d<nn::dilation<2, 2>, nn::padding<1, 1>, nn::stride<1, 3>, nn::return_indices<true>,
                      nn::ceil_mode<false>, nn::kernel_size<2, 3>>,
        Tensor<float, 1, 3, 5, 6>>({.vectors = "MaxPool2d.p05.indices"});
  check<nn::MaxPool2d<nn::return_indices<false>, nn::stride<2, 1>, nn::kernel_size<1>, nn::ceil_mode<true>,
                      nn::dilation<2>, nn::padding<0, 0>>,
        Tensor<float, 1, 2, 9, 6>>({.vectors = "MaxPool2d.p06.options"});
  check<nn::MaxPool2d<nn::padding<1, 1>, nn::dilation<2, 1>, nn::return_indices<true>, nn::kernel_size<2, 3>,
                      nn::ceil_mode<false>, nn::stride<1, 2>>,
        Tensor<float, 1, 3, 4, 7>>({.vectors = "MaxPool2d.p07.indices"});
  check<nn::MaxPool2d<nn::kernel_size<2, 1>, nn::stride<1, 1>, nn::padding<1, 0>, nn::dilation<1, 2>,
                      nn::return_indices<true>, nn::ceil_mode<true>>,
        Tensor<float, 1, 1, 8, 6>>({.vectors = "MaxPool2d.p08.indices"});
}

BOOST_AUTO_TEST_CASE(max_pool1d) {
  check<nn::MaxPool1d<nn::kernel_size<4>, nn::stride<4>, nn::dilation<1>>, Tensor<float, 2, 10, 4>>(
      {.vectors = "MaxPool1d.p01.table"});
  check<nn::MaxPool1d<nn::return_indices<true>, nn::ceil_mode<false>, nn::kernel_size<4>>, Tensor<float, 2, 10, 4>>(
      {.vectors = "MaxPool1d.p02.return_indices"});
  check<nn::MaxPool1d<nn::dilation<1>, nn::stride<1>, nn::kernel_size<2>>, Tensor<float, 1, 1, 5>>(
      {.vectors = "MaxPool1d.p03.options"});
  check<
      nn::MaxPool1d<nn::kernel_size<2>, nn::padding<1>, nn::dilation<1>, nn::return_indices<true>, nn::ceil_mode<true>>,
      Tensor<float, 1, 1, 12>>({.vectors = "MaxPool1d.p04.indices"});
  check<nn::MaxPool1d<nn::kernel_size<4>, nn::stride<3>, nn::padding<1>, nn::dilation<2>, nn::return_indices<true>,
                      nn::ceil_mode<false>>,
        Tensor<float, 1, 3, 11>>({.vectors = "MaxPool1d.p05.indices"});
  check<nn::MaxPool1d<nn::kernel_size<4>, nn::stride<1>, nn::padding<2>, nn::dilation<1>, nn::return_indices<false>,
                      nn::ceil_mode<true>>,
        Tensor<float, 1, 1, 7>>({.vectors = "MaxPool1d.p06.options"});
  check<nn::MaxPool1d<nn::kernel_size<1>, nn::stride<1>, nn::padding<0>, nn::return_indices<true>>,
        Tensor<float, 1, 3, 6>>({.vectors = "MaxPool1d.p07.indices"});
  check<nn::MaxPool1d<nn::kernel_size<2>, nn::stride<2>, nn::padding<1>, nn::dilation<2>, nn::return_indices<true>,
                      nn::ceil_mode<true>>,
        Tensor<float, 2, 2, 4>>({.vectors = "MaxPool1d.p08.indices"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::MaxPool1d<nn::kernel_size<3>, nn::stride<1>>, Tensor<float, 1, 1, 67>>();
  check<nn::MaxPool1d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>>, Tensor<float, 2, 3, 37>>();
  check<nn::MaxPool1d<nn::kernel_size<2>>, Tensor<float, 1, 5, 41>>();
  check<nn::MaxPool2d<nn::kernel_size<2>>, Tensor<float, 2, 3, 28, 29>>();
  check<nn::MaxPool2d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>>, Tensor<float, 1, 17, 9, 41>>();
  check<nn::MaxPool2d<nn::kernel_size<1>>, Tensor<float, 1, 1, 1, 1>>();
  check<nn::MaxPool2d<nn::kernel_size<5, 2>, nn::stride<1, 3>, nn::padding<2, 1>, nn::dilation<1, 2>,
                      nn::ceil_mode<true>>,
        Tensor<float, 1, 2, 7, 11>>();
  check<nn::MaxPool2d<nn::kernel_size<4>, nn::stride<3>, nn::return_indices<true>>, Tensor<float, 1, 2, 13, 67>>();
}

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
