#include "chapter.hpp"
#include "tables/distance.hpp"

using namespace tenon_test;

namespace {

// Rows that differ by -eps have distance 0, and no gradient there.
template <class Layer>
void check_distance_of_zero() {
  const nn::Variable a{Tensor<float, 1, 3>{}, nn::requires_grad};
  Tensor<float, 1, 3> same;
  same.fill(0.25f);
  const auto y = Layer{}(a, same);
  BOOST_TEST(y.item() == 0);
  y.backward(Tensor<float, 1, 1>::from(std::array{1.f}));
  for (const float gradient : a.grad()) BOOST_TEST(gradient == 0);
}
BOOST_AUTO_TEST_CASE(distance_of_zero) {
  check_distance_of_zero<nn::PairwiseDistance<nn::eps<0.25>>>();
  check_distance_of_zero<nn::PairwiseDistance<nn::eps<0.25>, nn::p<1>>>();
  check_distance_of_zero<nn::PairwiseDistance<nn::eps<0.25>, nn::p<1.5>>>();
  check_distance_of_zero<nn::PairwiseDistance<nn::eps<0.25>, nn::p<3>>>();
}

// Both operands one Variable: their gradients add up.
BOOST_AUTO_TEST_CASE(distance_to_itself) {
  const nn::Variable x{random_argument<Tensor<float, 2, 3>>(1), nn::requires_grad};
  nn::PairwiseDistance<nn::eps<0.5>>{}(x, x).backward(Tensor<float, 2, 1>::from(std::array{1.f, 2.f}));
  for (const float gradient : x.grad()) BOOST_TEST(gradient == 0);
}

struct Twins : nn::Module<Twins> {
  BOOST_HANA_DEFINE_STRUCT(Twins, (nn::Linear<5, 7>, left), (nn::Linear<5, 7>, right),
                           (nn::PairwiseDistance<>, distance));
  auto forward(const auto& x) { return distance(left(x), right(x)); }
};
BOOST_AUTO_TEST_CASE(in_a_compiled_net) {
  Twins twins;
  const auto x = random_argument<Tensor<float, 3, 5>>(1);
  auto net = tenon::compile<Tensor<float, 3, 5>>(twins);
  compare("compiled", net(x), numbers(twins(x)), 1e-5, 1e-5);
}

}  // namespace
