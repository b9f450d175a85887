#include <limits>

#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/pooling.hpp"
#include "../tables/pooling_3d.hpp"
#include "../tables/pooling_adaptive_average.hpp"
#include "../tables/pooling_adaptive_max.hpp"
#include "../tables/pooling_average.hpp"

BOOST_AUTO_TEST_SUITE(pooling)
using namespace tenon_test;

BOOST_AUTO_TEST_CASE(options) {
  check_on_device<nn::MaxPool2d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>, nn::ceil_mode<true>>,
                  Tensor<double, 1, 2, 6, 8>>(exactly);
  check_on_device<nn::MaxPool1d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>, nn::dilation<2>>,
                  Tensor<float, 2, 3, 17>>(exactly);
  check_on_device<nn::LPPool2d<nn::norm_type<2>, nn::kernel_size<3>, nn::stride<2>, nn::ceil_mode<true>>,
                  Tensor<float, 1, 2, 8, 6>>();
  check_on_device<nn::AdaptiveMaxPool2d<nn::output_size<3, 9>>, Tensor<float, 2, 3, 7, 8>>(exactly);
}

// Equal elements, NaN and infinities: which one is picked shows in the indices.
BOOST_AUTO_TEST_CASE(indices) {
  using Pool = nn::MaxPool2d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>, nn::return_indices<true>>;
  Tensor<float, 2, 3, 9, 8> x;
  std::uniform_int_distribution<int> few(-1, 1);
  for (float& element : x) element = static_cast<float>(few(engine()));
  x(0, 0, 2, 3) = x(0, 0, 3, 3) = x(1, 2, 8, 7) = std::numeric_limits<float>::quiet_NaN();
  for (index_t i = 0; i < 9; ++i)
    for (index_t j = 0; j < 8; ++j) x(1, 0, i, j) = -std::numeric_limits<float>::infinity();
  Pool pool;
  const auto [y, positions] = pool(x);
  const auto [device_y, device_positions] = pool(tenon::cuda::copy(x));
  check_equal(y, device_y, exactly);
  check_equal(positions, device_positions, exactly);
}

// What was picked comes back to its place, forward and backward.
BOOST_AUTO_TEST_CASE(unpooling) {
  nn::MaxPool2d<nn::kernel_size<3>, nn::stride<2>, nn::return_indices<true>> pool;
  nn::MaxUnpool2d<nn::kernel_size<3>, nn::stride<2>> unpool;
  const auto x = random<Tensor<float, 2, 3, 9, 8>>();
  const auto go = [&](const auto& input) {
    const auto [y, indices] = pool(input);
    return unpool(y, indices, nn::output_size<9, 8>{});
  };
  check_equal(go(x), go(tenon::cuda::copy(x)), exactly);
  const nn::Variable v(x, nn::requires_grad);
  const nn::Variable device_v(tenon::cuda::copy(x), nn::requires_grad);
  const auto gradient = random<Tensor<float, 2, 3, 9, 8>>();
  go(v).backward(gradient);
  go(device_v).backward(tenon::cuda::copy(gradient));
  check_equal(v.grad(), device_v.grad(), exactly);

  auto [y, indices] = pool(x);
  indices(1, 2, 0, 1) = 72;
  BOOST_CHECK_EXCEPTION(unpool(tenon::cuda::copy(y), tenon::cuda::copy(indices), nn::output_size<9, 8>{}), tenon::Error,
                        [](const tenon::Error& error) {
                          return std::string(error.what()) == "MaxUnpool2d: index 61 is 72, wanted 0 to 71";
                        });
}

// A pooling of another image than the unpooling makes, whose indices do not fit.
struct Mismatched : nn::Module<Mismatched> {
  BOOST_HANA_DEFINE_STRUCT(Mismatched, (nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>, pool),
                           (nn::MaxUnpool2d<nn::kernel_size<2>>, unpool));
  auto forward(const auto& x) {
    const auto [y, indices] = pool(x);
    return unpool(y, indices);
  }
};
BOOST_AUTO_TEST_CASE(compiled_unpooling) {
  Mismatched model;
  const auto fits = random<Tensor<float, 1, 3, 8, 6>>();
  auto net = tenon::cuda::compile<Tensor<float, 1, 3, 8, 6>>(model);
  check_equal(model(fits), net(tenon::cuda::copy(fits)), exactly);
  BOOST_TEST((net.status() == tenon::Status::ok));
  auto wrong = tenon::cuda::compile<Tensor<float, 1, 3, 8, 7>>(model);
  wrong(tenon::cuda::copy(random<Tensor<float, 1, 3, 8, 7>>()));
  BOOST_TEST((wrong.status() == tenon::Status::index_out_of_range));
}

BOOST_AUTO_TEST_CASE(fractional) {
  nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_ratio<0.6, 0.5>, nn::return_indices<true>> pool;
  const auto x = random<Tensor<float, 2, 3, 11, 9>>();
  const nn::Variable v(x, nn::requires_grad);
  const nn::Variable device_v(tenon::cuda::copy(x), nn::requires_grad);
  tenon::manual_seed(5);
  const auto [y, indices] = pool(v);
  tenon::manual_seed(5);
  const auto [device_y, device_indices] = pool(device_v);
  check_equal(y.data(), device_y.data(), exactly);
  check_equal(indices.data(), device_indices.data(), exactly);
  const auto gradient = random<Tensor<float, 2, 3, 6, 4>>();
  y.backward(gradient);
  device_y.backward(tenon::cuda::copy(gradient));
  check_equal(v.grad(), device_v.grad(), exactly);

  Tensor<float, 2, 3, 2> samples;
  for (std::size_t i = 0; i < samples.size(); ++i) samples.data()[i] = static_cast<float>(i) / 12;
  check_equal(std::get<0>(pool(x, samples)), std::get<0>(pool(tenon::cuda::copy(x), tenon::cuda::copy(samples))),
              exactly);
  samples(1, 2, 1) = 1;
  BOOST_CHECK_THROW(pool(tenon::cuda::copy(x), tenon::cuda::copy(samples)), tenon::Error);

  nn::FractionalMaxPool2d<nn::kernel_size<2>, nn::output_size<5, 4>> drawn;
  auto net = tenon::cuda::compile<Tensor<float, 2, 3, 11, 9>>(drawn);
  tenon::manual_seed(6);
  const auto expected = drawn(x);
  tenon::manual_seed(6);
  check_equal(expected, net(tenon::cuda::copy(x)), exactly);
}

BOOST_AUTO_TEST_SUITE_END()
