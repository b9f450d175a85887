#include "chapter.hpp"

using namespace tenon_test;

namespace {

// The indices of random inputs would repeat, and of equal ones only the last counts: no gradients by differences here.
BOOST_AUTO_TEST_CASE(max_unpool1d) {
  check<nn::MaxUnpool1d<nn::kernel_size<3>, nn::stride<3>>, Tensor<float, 2, 3, 3>, Tensor<std::int64_t, 2, 3, 3>>(
      {.vectors = "MaxUnpool1d.p01.default_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool1d<nn::kernel_size<3>>, Tensor<float, 1, 3, 3>, Tensor<std::int64_t, 1, 3, 3>>(
      {.vectors = "MaxUnpool1d.p02.default_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool1d<nn::kernel_size<3>>, Tensor<float, 2, 2, 3>, Tensor<std::int64_t, 2, 2, 3>,
        nn::output_size<10>>(
      {.vectors = "MaxUnpool1d.p03.output_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool1d<nn::kernel_size<2>, nn::padding<0>>, Tensor<float, 1, 2, 4>, Tensor<std::int64_t, 1, 2, 4>>(
      {.vectors = "MaxUnpool1d.p04.default_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool1d<nn::kernel_size<3>>, Tensor<float, 2, 2, 2>, Tensor<std::int64_t, 2, 2, 2>, nn::output_size<7>>(
      {.vectors = "MaxUnpool1d.p05.output_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool1d<nn::kernel_size<2>, nn::stride<3>, nn::padding<0>>, Tensor<float, 1, 2, 2>,
        Tensor<std::int64_t, 1, 2, 2>>(
      {.vectors = "MaxUnpool1d.p06.default_size", .gradients = false, .names = {"input", "indices"}});
}

BOOST_AUTO_TEST_CASE(max_unpool2d) {
  check<nn::MaxUnpool2d<nn::kernel_size<2, 2>, nn::stride<2>>, Tensor<float, 2, 1, 4, 4>,
        Tensor<std::int64_t, 2, 1, 4, 4>>(
      {.vectors = "MaxUnpool2d.p01.default_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool2d<nn::kernel_size<2, 3>>, Tensor<float, 1, 2, 2, 2>, Tensor<std::int64_t, 1, 2, 2, 2>,
        nn::output_size<4, 7>>(
      {.vectors = "MaxUnpool2d.p02.output_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool2d<nn::kernel_size<3>, nn::stride<3>, nn::padding<0>>, Tensor<float, 1, 3, 2, 1>,
        Tensor<std::int64_t, 1, 3, 2, 1>, nn::output_size<7, 5>>(
      {.vectors = "MaxUnpool2d.p03.output_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool2d<nn::kernel_size<3, 2>, nn::stride<3>>, Tensor<float, 2, 3, 2, 3>,
        Tensor<std::int64_t, 2, 3, 2, 3>>(
      {.vectors = "MaxUnpool2d.p04.default_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool2d<nn::kernel_size<2, 3>, nn::padding<1>>, Tensor<float, 1, 2, 4, 3>,
        Tensor<std::int64_t, 1, 2, 4, 3>>(
      {.vectors = "MaxUnpool2d.p05.default_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool2d<nn::kernel_size<3>, nn::padding<0, 0>>, Tensor<float, 1, 2, 1, 1>,
        Tensor<std::int64_t, 1, 2, 1, 1>, nn::output_size<5, 4>>(
      {.vectors = "MaxUnpool2d.p06.output_size", .gradients = false, .names = {"input", "indices"}});
}

BOOST_AUTO_TEST_CASE(max_unpool3d) {
  check<nn::MaxUnpool3d<nn::kernel_size<3, 3, 3>, nn::padding<0, 0, 0>>, Tensor<float, 1, 3, 1, 1, 1>,
        Tensor<std::int64_t, 1, 3, 1, 1, 1>, nn::output_size<5, 4, 4>>(
      {.vectors = "MaxUnpool3d.p01.output_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool3d<nn::kernel_size<3, 2, 2>, nn::stride<4, 2, 3>>, Tensor<float, 1, 2, 1, 2, 2>,
        Tensor<std::int64_t, 1, 2, 1, 2, 2>, nn::output_size<6, 4, 6>>(
      {.vectors = "MaxUnpool3d.p02.output_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool3d<nn::kernel_size<3, 2, 3>, nn::stride<3, 2, 3>>, Tensor<float, 1, 3, 1, 2, 1>,
        Tensor<std::int64_t, 1, 3, 1, 2, 1>, nn::output_size<5, 4, 4>>(
      {.vectors = "MaxUnpool3d.p03.output_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool3d<nn::kernel_size<3, 3, 3>, nn::padding<0>>, Tensor<float, 2, 3, 1, 2, 1>,
        Tensor<std::int64_t, 2, 3, 1, 2, 1>, nn::output_size<5, 6, 4>>(
      {.vectors = "MaxUnpool3d.p04.output_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool3d<nn::kernel_size<2, 2, 3>, nn::stride<2, 2, 3>, nn::padding<0, 1, 0>>,
        Tensor<float, 1, 1, 3, 4, 1>, Tensor<std::int64_t, 1, 1, 3, 4, 1>, nn::output_size<6, 6, 4>>(
      {.vectors = "MaxUnpool3d.p05.output_size", .gradients = false, .names = {"input", "indices"}});
  check<nn::MaxUnpool3d<nn::kernel_size<2, 3, 2>, nn::stride<3, 3, 2>, nn::padding<1, 1, 0>>,
        Tensor<float, 1, 2, 2, 2, 2>, Tensor<std::int64_t, 1, 2, 2, 2, 2>, nn::output_size<5, 4, 5>>(
      {.vectors = "MaxUnpool3d.p06.output_size", .gradients = false, .names = {"input", "indices"}});
}

// What a pooling tells its unpooling.
template <class T, class Pool, class Unpool, auto... Size>
struct Pair : nn::Module<Pair<T, Pool, Unpool, Size...>> {
  BOOST_HANA_DEFINE_STRUCT(Pair, (Pool, pool), (Unpool, unpool));
  auto forward(const auto& x) {
    auto [y, indices] = pool(x);
    if constexpr (sizeof...(Size) > 0)
      return unpool(y, indices, nn::output_size<Size...>{});
    else
      return unpool(y, indices);
  }
};

template <class Pair, index_t... D>
void check_pair(const Tensor<float, D...>& x) {
  Pair pair;
  const auto y = pair(x);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    BOOST_TEST((y.data()[i] == x.data()[i] || y.data()[i] == 0));
    kept += y.data()[i] == x.data()[i];
  }
  BOOST_TEST(kept < x.size());
  // What was kept has the gradient of the result, nothing else has one.
  nn::Variable v{x, nn::requires_grad};
  auto z = pair(v);
  z.backward(y);
  compare("gradient", v.grad(), numbers(y), 0, 0);
  auto net = tenon::compile<Tensor<float, D...>>(pair);
  compare("compiled", net(x), numbers(y), 0, 0);
}

BOOST_AUTO_TEST_CASE(pairs) {
  Tensor<float, 2, 3, 7, 9> x;
  tenon::fill_uniform(x, 1.0);
  check_pair<Pair<float, nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>,
                  nn::MaxUnpool2d<nn::kernel_size<2>>, 7, 9>>(x);
  check_pair<Pair<float, nn::MaxPool2d<nn::kernel_size<3>, nn::padding<1>, nn::return_indices<true>>,
                  nn::MaxUnpool2d<nn::kernel_size<3>, nn::padding<1>>, 7, 9>>(x);
  Tensor<float, 1, 2, 33> line;
  tenon::fill_uniform(line, 1.0);
  check_pair<
      Pair<float, nn::MaxPool1d<nn::kernel_size<3>, nn::return_indices<true>>, nn::MaxUnpool1d<nn::kernel_size<3>>>>(
      line);
  Tensor<float, 1, 2, 2, 4, 6> volume;
  tenon::fill_uniform(volume, 1.0);
  check_pair<
      Pair<float, nn::MaxPool3d<nn::kernel_size<2>, nn::return_indices<true>>, nn::MaxUnpool3d<nn::kernel_size<2>>>>(
      volume);
}

// A net has the stages whose result it needs.
struct WithoutIndices : nn::Module<WithoutIndices> {
  BOOST_HANA_DEFINE_STRUCT(WithoutIndices, (nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>, pool));
  auto forward(const auto& x) { return std::get<0>(pool(x)); }
};
BOOST_AUTO_TEST_CASE(unread_indices_are_not_computed) {
  WithoutIndices model;
  nn::MaxPool2d<nn::kernel_size<2>> pool;
  using Input = Tensor<float, 1, 1, 64, 64>;
  auto net = tenon::compile<Input>(model);
  BOOST_TEST(net.workspace_bytes == tenon::compile<Input>(pool).workspace_bytes);
  Input x;
  tenon::fill_uniform(x, 1.0);
  compare("elements", net(x), numbers(pool(x)), 0, 0);
}

BOOST_AUTO_TEST_CASE(equal_indices) {
  nn::MaxUnpool1d<nn::kernel_size<2>> unpool;
  const auto y = Tensor<float, 1, 1, 2>::from(std::vector{3.f, 4.f});
  const auto same = Tensor<std::int64_t, 1, 1, 2>::from(std::vector{2, 2});
  compare("output", unpool(y, same), {0, 0, 4, 0}, 0, 0);
}

BOOST_AUTO_TEST_CASE(indices_outside) {
  nn::MaxUnpool2d<nn::kernel_size<2>> unpool;
  Tensor<float, 1, 2, 2, 2> y;
  Tensor<std::int64_t, 1, 2, 2, 2> indices;
  const auto says = [](const char* what) {
    return [what](const tenon::Error& error) { return std::string(error.what()) == what; };
  };
  indices(0, 1, 0, 1) = 16;
  BOOST_CHECK_EXCEPTION(unpool(y, indices), tenon::Error, says("MaxUnpool2d: index 5 is 16, wanted 0 to 15"));
  BOOST_CHECK_NO_THROW(unpool(y, indices, nn::output_size<5, 5>{}));
  indices(0, 1, 0, 1) = -1;
  BOOST_CHECK_EXCEPTION(unpool(y, indices), tenon::Error, says("MaxUnpool2d: index 5 is -1, wanted 0 to 15"));
  BOOST_CHECK_THROW(unpool(nn::Variable{y, nn::requires_grad}, indices), tenon::Error);
}

// Indices of another image than the unpooling makes: left out in a net, which says so.
BOOST_AUTO_TEST_CASE(indices_outside_in_a_net) {
  using Model =
      Pair<float, nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>>, nn::MaxUnpool2d<nn::kernel_size<2>>>;
  using Input = Tensor<float, 1, 1, 4, 5>;  // indices up to 18, a result of 4 x 4
  Model model;
  auto net = tenon::compile<Input>(model);
  Input x;
  x(0, 0, 0, 1) = 1;
  x(0, 0, 3, 0) = 2;
  x(0, 0, 2, 2) = 3;
  const auto& y = net(x);
  BOOST_TEST((net.status() == tenon::Status::ok));
  BOOST_TEST(y.data()[1] == 1);
  BOOST_TEST(y.data()[15] == 2);
  x(0, 0, 3, 3) = 4;
  compare("without the one outside", net(x), {0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 0, 0);
  BOOST_TEST((net.status() == tenon::Status::index_out_of_range));
  BOOST_CHECK_EXCEPTION(net.check(x), tenon::Error, [](const tenon::Error& error) {
    return std::string(error.what()) == "MaxUnpool2d: index 3 is 18, wanted 0 to 15";
  });
}

// The manual's own examples.
template <class Layer, class In, class... Size>
using shape_t =
    tenon::shape_of_t<decltype(Layer{}(In{}, tenon::tensor_of_t<std::int64_t, tenon::shape_of_t<In>>{}, Size{}...))>;
static_assert(std::is_same_v<shape_t<nn::MaxUnpool1d<nn::kernel_size<2>, nn::stride<2>>, Tensor<float, 1, 1, 4>>,
                             tenon::Shape<1, 1, 8>>);
static_assert(std::is_same_v<
              shape_t<nn::MaxUnpool1d<nn::kernel_size<2>, nn::stride<2>>, Tensor<float, 1, 1, 4>, nn::output_size<9>>,
              tenon::Shape<1, 1, 9>>);
static_assert(std::is_same_v<shape_t<nn::MaxUnpool2d<nn::kernel_size<2>, nn::stride<2>>, Tensor<float, 1, 1, 2, 2>,
                                     nn::output_size<5, 5>>,
                             tenon::Shape<1, 1, 5, 5>>);
static_assert(
    std::is_same_v<shape_t<nn::MaxUnpool3d<nn::kernel_size<3>, nn::stride<2>>, Tensor<float, 20, 16, 25, 16, 7>>,
                   tenon::Shape<20, 16, 51, 33, 15>>);

}  // namespace
