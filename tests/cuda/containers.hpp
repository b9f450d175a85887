#include "../forwards.hpp"
#include "against_host.hpp"

BOOST_AUTO_TEST_SUITE(containers)
using namespace against_host;
using namespace forwards;

using Branches =
    nn::Concat<nn::Linear<5, 5>, nn::Named<"deep", nn::Sequential<nn::Linear<5, 3>, nn::ReLU, nn::Linear<3, 5>>>,
               nn::Identity>;
BOOST_AUTO_TEST_CASE(branches) {
  check<Branches, Tensor<float, 1, 16, 5>>();
  check<Branches, Tensor<float, 3, 3, 2, 5>>();
  check<nn::Residual<nn::Linear<4, 3>, nn::Linear<4, 3, nn::bias<false>>>, Tensor<float, 2, 4>>();
  check<nn::Unflatten<nn::dim<-1>, nn::unflattened_size<2, -1>>, Tensor<float, 3, 8>>(exactly);
}

BOOST_AUTO_TEST_CASE(shared) {
  check<Tied<>, Tensor<float, 3, 5>>();
  auto on_device = Tied<>().cuda(0);
  BOOST_TEST(&*on_device.first == &*on_device.second);
}

BOOST_AUTO_TEST_SUITE_END()
