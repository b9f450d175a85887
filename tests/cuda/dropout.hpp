#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/dropout.hpp"

BOOST_AUTO_TEST_SUITE(dropout)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(training) {
  auto layer = nn::Dropout<nn::p<0.25>>().cuda(0);
  tenon::cuda::Tensor<float, 100, 100> x;
  x.fill(3);
  tenon::manual_seed(7);
  const auto y = layer(x).to_host();
  const auto z = layer(x).to_host();
  tenon::manual_seed(7);
  check_equal(y, layer(x), exactly);
  int dropped = 0, differ = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    dropped += y.data()[i] == 0;
    differ += y.data()[i] != z.data()[i];
    if (y.data()[i] != 0 && y.data()[i] != 4) BOOST_ERROR("an element is neither dropped nor scaled");
  }
  // Four standard deviations of 10,000 draws.
  BOOST_TEST(std::abs(dropped - 2500) < 175);
  BOOST_TEST(std::abs(differ - 3750) < 195);
}

// What is dropped has no gradient, and whole channels are.
template <class Layer>
void check_mask(index_t unit) {
  auto layer = Layer().cuda(0);
  const Tensor<float, 3, 5, 2, 7> ones = [] {
    Tensor<float, 3, 5, 2, 7> tensor;
    tensor.fill(1);
    return tensor;
  }();
  const nn::Variable x{tenon::cuda::copy(ones), nn::requires_grad};
  const auto y = layer(x);
  y.backward(tenon::cuda::copy(ones));
  check_equal(y.data().to_host(), x.grad(), exactly);
  const auto host = y.data().to_host();
  int dropped = 0;
  for (index_t i = 0; i < 210; ++i) {
    dropped += host.data()[i] == 0;
    if (host.data()[i] != host.data()[i / unit * unit]) BOOST_ERROR("a channel is dropped in part");
  }
  BOOST_TEST(dropped > 0);
  BOOST_TEST(dropped < 210);
}

BOOST_AUTO_TEST_CASE(masks) {
  check_mask<nn::Dropout<>>(1);
  check_mask<nn::Dropout2d<>>(14);
}

BOOST_AUTO_TEST_CASE(certain) {
  const auto x = tenon::cuda::copy(random<Tensor<float, 9>>());
  check_equal(x.to_host(), nn::Dropout<nn::p<0>>().cuda(0)(x), exactly);
  check_equal(Tensor<float, 9>(), nn::Dropout<nn::p<1>>().cuda(0)(x), exactly);
}

BOOST_AUTO_TEST_SUITE_END()
