#include "chapter.hpp"
#include "tables/padding.hpp"

using namespace tenon_test;

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
static_assert(directions_agree<tenon::resampling::ZeroPadded>(false));
static_assert(directions_agree<tenon::resampling::Replicated>(false));
static_assert(directions_agree<tenon::resampling::Reflected>(true));

template <class Layer, class Y>
void check_manual(const Y& wanted) {
  Tensor<float, 1, 1, 3, 3> x;
  for (std::size_t i = 0; i < 9; ++i) x.data()[i] = static_cast<float>(i);
  compare(nn::repr_module(Layer{}), Layer{}(x), numbers(wanted), 0, 0);
}

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
}

}  // namespace
