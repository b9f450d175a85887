#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/embedding.hpp"

BOOST_AUTO_TEST_SUITE(embedding)
using namespace tenon_test;

template <index_t... D>
Tensor<std::int64_t, D...> indices_below(std::int64_t rows) {
  Tensor<std::int64_t, D...> indices;
  for (std::int64_t& index : indices) index = static_cast<std::int64_t>(engine()() % static_cast<unsigned>(rows));
  return indices;
}

// A const layer leaves its table as it is, and gives the same.
BOOST_AUTO_TEST_CASE(const_layers) {
  const nn::Embedding<9, 7, nn::max_norm<0.5>, nn::norm_type<3>> layer;
  const auto x = indices_below<3, 7>(6);
  const auto on_device = layer.cuda(0);
  check_equal(layer(x), on_device(tenon::cuda::copy(x)), closely<float>);
  check_equal(layer.weight.data(), on_device.weight.data(), exactly);
}

BOOST_AUTO_TEST_CASE(made_on_the_device) {
  const decltype(nn::Embedding<4, 3, nn::padding_idx<1>>{}.cuda(0)) made_there;
  const auto weight = made_there.weight.data().to_host();
  BOOST_TEST((weight(1, 0) == 0 && weight(1, 2) == 0 && weight(0, 0) != 0 && weight(2, 0) != 0));
}

template <class F>
void check_says(F&& f, const std::string& part) {
  BOOST_CHECK_EXCEPTION(f(), tenon::Error,
                        [&](const tenon::Error& e) { return std::string(e.what()).find(part) != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(index_outside_the_table) {
  nn::Embedding<5, 2, nn::max_norm<0.001>> host;
  auto embedding = host.cuda(0);
  auto x = indices_below<4>(5);
  x(2) = 5;
  check_says([&] { embedding(tenon::cuda::copy(x)); }, "Embedding: index 2 is 5, wanted 0 to 4");
  check_equal(host.weight.data(), embedding.weight.data(), exactly);
}

BOOST_AUTO_TEST_CASE(index_outside_the_table_of_a_compiled_net) {
  nn::Sequential<nn::Embedding<5, 3>, nn::Linear<3, 2, nn::bias<false>>> model;
  auto net = tenon::cuda::compile<Tensor<std::int64_t, 600>>(model);
  BOOST_TEST((net.status() == tenon::Status::ok));
  const auto good = indices_below<600>(5);
  auto bad = good;
  bad(300) = -2;
  bad(599) = 5;
  auto wanted = model(good);
  for (const index_t row : {300, 599})
    for (const index_t column : {0, 1}) wanted(row, column) = 0;
  check_equal(wanted, net(tenon::cuda::copy(bad)), closely<float>);
  BOOST_TEST((net.status() == tenon::Status::index_out_of_range));
  check_says([&] { net.check(tenon::cuda::copy(bad)); }, "Embedding: index 300 is -2, wanted 0 to 4");
  check_equal(model(good), net.check(tenon::cuda::copy(good)), closely<float>);
  BOOST_TEST((net.status() == tenon::Status::ok));
}

BOOST_AUTO_TEST_SUITE_END()
