#include <limits>

#include "chapter.hpp"
//
#include "tables/padding.hpp"

using namespace tenon_test;
using namespace tenon::literals;

namespace {

// Both directions of a padded axis tell the same, paddings larger than the image included.
template <class Rule>
constexpr bool directions_agree(index_t input, index_t before, index_t after) {
  const Rule axis{{input, before + input + after, before}};
  for (index_t i = 0; i < input; ++i)
    for (index_t o = 0; o < axis.output; ++o) {
      int found = 0;
      for (index_t k = 0; k < axis.readers(i); ++k) found += axis.reader(i, k) == o;
      if (found != (axis.at(o) == i)) return false;
    }
  return true;
}
template <class Rule>
constexpr bool directions_agree(bool paddings_below_extent) {
  for (index_t input = 1; input < 6; ++input)
    for (index_t before = 0; before < (paddings_below_extent ? input : 8); ++before)
      for (index_t after = 0; after < (paddings_below_extent ? input : 8); ++after)
        if (!directions_agree<Rule>(input, before, after)) return false;
  return true;
}
static_assert(directions_agree<tenon::resampling::ConstantPadded<0.0>>(false));
static_assert(directions_agree<tenon::resampling::Replicated>(false));
static_assert(directions_agree<tenon::resampling::Reflected>(true));

template <class Layer, class Y>
void check_manual(const Y& wanted) {
  Tensor<float, 1, 1, 3, 3> x;
  for (std::size_t i = 0; i < 9; ++i) x.data()[i] = static_cast<float>(i);
  compare(nn::repr_module(Layer{}), Layer{}(x), numbers(wanted), 0, 0);
}

static_assert(nn::ZeroPad1d<nn::padding<2, 0>>::operation::sides == std::array<index_t, 2>{2, 0});

// The manual's own examples.
BOOST_AUTO_TEST_CASE(reflection_of_the_manual) {
  check_manual<nn::ReflectionPad2d<nn::padding<2>>>(Tensor<float, 1, 1, 7, 7>::from(
      std::array{8, 7, 6, 7, 8, 7, 6, 5, 4, 3, 4, 5, 4, 3, 2, 1, 0, 1, 2, 1, 0, 5, 4, 3, 4,
                 5, 4, 3, 8, 7, 6, 7, 8, 7, 6, 5, 4, 3, 4, 5, 4, 3, 2, 1, 0, 1, 2, 1, 0}));
  check_manual<nn::ReflectionPad2d<nn::padding<1, 1, 2, 0>>>(Tensor<float, 1, 1, 5, 5>::from(
      std::array{7, 6, 7, 8, 7, 4, 3, 4, 5, 4, 1, 0, 1, 2, 1, 4, 3, 4, 5, 4, 7, 6, 7, 8, 7}));
}
BOOST_AUTO_TEST_CASE(replication_of_the_manual) {
  check_manual<nn::ReplicationPad2d<nn::padding<2>>>(Tensor<float, 1, 1, 7, 7>::from(
      std::array{0, 0, 0, 1, 2, 2, 2, 0, 0, 0, 1, 2, 2, 2, 0, 0, 0, 1, 2, 2, 2, 3, 3, 3, 4,
                 5, 5, 5, 6, 6, 6, 7, 8, 8, 8, 6, 6, 6, 7, 8, 8, 8, 6, 6, 6, 7, 8, 8, 8}));
  check_manual<nn::ReplicationPad2d<nn::padding<1, 1, 2, 0>>>(Tensor<float, 1, 1, 5, 5>::from(
      std::array{0, 0, 1, 2, 2, 0, 0, 1, 2, 2, 0, 0, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 8, 8}));
}
BOOST_AUTO_TEST_CASE(zeros_of_the_manual) {
  check_manual<nn::ZeroPad2d<nn::padding<1, 1, 2, 0>>>(Tensor<float, 1, 1, 5, 5>::from(
      std::array{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 5, 0, 0, 6, 7, 8, 0}));
}

// PyTorch's, of torch.arange(...).
template <class Layer, class X>
void check_counting(const std::vector<double>& wanted) {
  X x;
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
  compare(nn::repr_module(Layer{}), Layer{}(x), wanted, 0, 0);
}
BOOST_AUTO_TEST_CASE(constants_of_pytorch) {
  check_counting<nn::ConstantPad1d<nn::padding<3, 1>, nn::value<3.5>>, Tensor<float, 1, 2, 4>>(
      {3.5, 3.5, 3.5, 0, 1, 2, 3, 3.5, 3.5, 3.5, 3.5, 4, 5, 6, 7, 3.5});
  check_counting<nn::ConstantPad2d<nn::padding<3, 0, 2, 1>, nn::value<3.5>>, Tensor<float, 1, 1, 2, 2>>(
      {3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5,
       0,   1,   3.5, 3.5, 3.5, 2,   3,   3.5, 3.5, 3.5, 3.5, 3.5});
  check_counting<nn::ConstantPad3d<nn::padding<1, 0, 0, 1, 1, 0>, nn::value<0.5>>, Tensor<float, 1, 1, 1, 2, 2>>(
      {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 1, 0.5, 2, 3, 0.5, 0.5, 0.5});
  check_counting<nn::ZeroPad1d<nn::padding<2, 0>>, Tensor<float, 1, 2, 3>>({0, 0, 0, 1, 2, 0, 0, 3, 4, 5});
}
BOOST_AUTO_TEST_CASE(gradient_of_pytorch) {
  const nn::Variable x{Tensor<double, 1, 1, 2, 2, 2>{}, nn::requires_grad};
  Tensor<double, 1, 1, 3, 3, 3> g;
  for (std::size_t i = 0; i < g.size(); ++i) g.data()[i] = static_cast<double>(i + 1);
  nn::ConstantPad3d<nn::padding<1, 0, 0, 1, 1, 0>, nn::value<0.5>>{}(x).backward(g);
  compare("the gradient", x.grad(), {11, 12, 14, 15, 20, 21, 23, 24}, 0, 0);
}

// In blocked images the channels that fill up a vector would become infinite as well, and a Linear behind them
// multiplies these by zero.
BOOST_AUTO_TEST_CASE(an_infinite_constant_in_a_net_of_images) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  nn::Sequential<nn::Conv2d<1, 18, nn::kernel_size<1>>, nn::ConstantPad2d<nn::padding<1>, nn::value<infinity>>,
                 nn::Flatten<>, nn::Linear<288, 3>>
      model;
  model[3_c].weight.data().fill(2);
  auto net = tenon::compile<Tensor<float, 1, 1, 2, 2>>(model);
  const Tensor<float, 1, 1, 2, 2> x;
  BOOST_TEST(model(x)(0, 1) == static_cast<float>(infinity));
  BOOST_TEST(net(x)(0, 1) == static_cast<float>(infinity));
}

// What is not a number stays where it is: zeros are not products.
BOOST_AUTO_TEST_CASE(nan_and_infinity_stay_where_they_are) {
  Tensor<float, 1, 1, 2, 2> x;
  x(0, 0, 0, 0) = std::nanf("");
  x(0, 0, 1, 1) = INFINITY;
  const auto y = nn::ZeroPad2d<nn::padding<1>>{}(x);
  BOOST_TEST(std::isnan(y(0, 0, 1, 1)));
  BOOST_TEST(y(0, 0, 2, 2) == INFINITY);
  BOOST_TEST(std::count(y.begin(), y.end(), 0.f) == 14);
}

BOOST_AUTO_TEST_CASE(printing) {
  BOOST_TEST(nn::repr_module(nn::ReflectionPad2d<nn::padding<1, 1, 2, 0>>{}) == "ReflectionPad2d((1, 1, 2, 0))");
  BOOST_TEST(nn::repr_module(nn::ZeroPad2d<nn::padding<2>>{}) == "ZeroPad2d((2, 2, 2, 2))");
  BOOST_TEST(nn::repr_module(nn::ConstantPad1d<nn::padding<3, 1>, nn::value<3.5>>{}) ==
             "ConstantPad1d(padding=(3, 1), value=3.5)");
}

}  // namespace
