#include "../forwards.hpp"
#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/containers.hpp"

BOOST_AUTO_TEST_SUITE(containers)
using namespace tenon_test;
using namespace forwards;

using Branches =
    nn::Concat<nn::Linear<5, 5>, nn::Named<"deep", nn::Sequential<nn::Linear<5, 3>, nn::ReLU, nn::Linear<3, 5>>>,
               nn::Identity>;
BOOST_AUTO_TEST_CASE(branches) {
  check_on_device<Branches, Tensor<float, 1, 16, 5>>();
  check_on_device<Branches, Tensor<float, 3, 3, 2, 5>>();
  check_on_device<nn::Unflatten<nn::dim<-1>, nn::unflattened_size<2, -1>>, Tensor<float, 3, 8>>(exactly);
}

BOOST_AUTO_TEST_CASE(shared) {
  check_on_device<Tied<>, Tensor<float, 3, 5>>();
  auto on_device = Tied<>().cuda(0);
  BOOST_TEST(&*on_device.first == &*on_device.second);
}

// A net whose input is its last result, a view into it, or where its result goes.
template <class Model, index_t... D>
void check_fed_its_own_result(Model model, const Tensor<float, D...>& first) {
  model.eval();
  auto net = tenon::cuda::compile<Tensor<float, D...>>(model);
  const auto on_device = tenon::cuda::copy(first);
  const auto once = model(first), twice = model(once);
  check_equal(twice, net(net(on_device)), closely<float>);
  auto fed = on_device;
  net(fed, fed);
  check_equal(once, fed, closely<float>);
  net(fed, fed);
  check_equal(twice, fed, closely<float>);
  net(net(on_device), fed);
  check_equal(twice, fed, closely<float>);
}

BOOST_AUTO_TEST_CASE(fed_its_own_result) {
  using Body = nn::Sequential<nn::Linear<5, 5>, nn::ReLU, nn::Linear<5, 5>>;
  check_fed_its_own_result(nn::Linear<5, 5>(), random<Tensor<float, 3, 5>>());
  check_fed_its_own_result(nn::Residual<Body>(), random<Tensor<float, 1, 5>>());
  check_fed_its_own_result(nn::MaxPool2d<nn::kernel_size<3>, nn::stride<1>, nn::padding<1>>(),
                           random<Tensor<float, 1, 2, 6, 5>>());
}

BOOST_AUTO_TEST_SUITE_END()
