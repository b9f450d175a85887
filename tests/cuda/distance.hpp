#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(distance)
using namespace against_host;

template <class Layer, class X>
void check_distance() {
  Layer layer;
  const auto a = random<X>(), b = random<X>();
  check_equal(layer(a, b), layer(tenon::cuda::copy(a), tenon::cuda::copy(b)), closely<typename X::value_type>);
  check_backward(layer, closely<typename X::value_type>, a, b);
}

BOOST_AUTO_TEST_CASE(degrees) {
  check_distance<nn::PairwiseDistance<>, Tensor<float, 7, 13>>();
  check_distance<nn::PairwiseDistance<nn::p<1>, nn::eps<0.5>>, Tensor<float, 3, 4>>();
  check_distance<nn::PairwiseDistance<nn::p<3>>, Tensor<double, 5, 1>>();
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
