// A chain of two hundred layers, planned within the compilers' own limits.
#include <boost/test/unit_test.hpp>
#include <tenon/tenon.hpp>

#include "difference.hpp"

namespace {

namespace nn = tenon::nn;
using tenon::Tensor;
using tenon_test::difference;
using tenon_test::random_input;
using Row = Tensor<float, 1, 5>;

BOOST_AUTO_TEST_CASE(two_hundred_layers) {
  const auto chain = []<std::size_t... I>(std::index_sequence<I...>) {
    return nn::Sequential<std::conditional_t<I % 2 == 0, nn::Linear<5, 5>, nn::LayerNorm<nn::normalized_shape<5>>>...>{};
  };
  const auto model = chain(std::make_index_sequence<200>());
  auto net = tenon::compile<Row>(model);
  static_assert(decltype(net)::workspace_bytes > 0);  // within the compilers' own limits
  BOOST_TEST(net.plan().stages.size() == 200u);
  const Row x = random_input<Row>();
  BOOST_TEST(difference(net(x), model(x)) < 1e-3);
}

}  // namespace
