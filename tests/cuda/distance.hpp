#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/distance.hpp"

BOOST_AUTO_TEST_SUITE(distance)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(degrees) {
  check_on_device<nn::PairwiseDistance<nn::p<1>, nn::eps<0.5>>, Tensor<float, 3, 4>, Tensor<float, 3, 4>>();
}

struct Twins : nn::Module<Twins> {
  BOOST_HANA_DEFINE_STRUCT(Twins, (nn::Linear<5, 7>, left), (nn::Linear<5, 7>, right), (nn::PairwiseDistance<>, norm));
  auto forward(const auto& x) { return norm(left(x), right(x)); }
};
BOOST_AUTO_TEST_CASE(in_a_compiled_net) {
  Twins twins;
  check_compiled(twins, random<Tensor<float, 3, 5>>(), closely<float>);
}

BOOST_AUTO_TEST_SUITE_END()
