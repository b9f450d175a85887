// Modules that are given further buffers, parameters and modules.
#include <boost/hana/for_each.hpp>
#include <boost/hana/length.hpp>
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <tenon/tenon.hpp>

namespace {

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::Tensor;
using names = std::vector<std::string>;

template <class M>
names keys_of(const M& module) {
  names keys;
  for (const auto& [key, tensor] : module.state_dict()) keys.push_back(key);
  return keys;
}

template <class T = float>
struct Net : nn::Module<Net<T>> {
  BOOST_HANA_DEFINE_STRUCT(Net, (nn::Linear<3, 2, nn::dtype<T>>, fc), (nn::Dropout<>, dropout));
  auto forward(const auto& x) const { return dropout(fc(x)); }
};

using Row = Tensor<float, 4, 3>;
const Row x = Row::from(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});

BOOST_AUTO_TEST_CASE(a_module_gets_members_of_each_kind) {
  using Layer = nn::Linear<3, 2>;
  const Layer layer;
  auto extended = layer.register_parameter("scale"_n, Tensor<float, 2>::from({3, 4}))
                      .register_buffer("count"_n, Tensor<std::int64_t, 1>::from({7}))
                      .add_module("norm"_n, nn::BatchNorm1d<2>{});
  static_assert(
      std::is_same_v<decltype(extended), nn::Extended<Layer, nn::Named<"scale", nn::Parameter<Tensor<float, 2>>>,
                                                      nn::Named<"count", nn::Buffer<Tensor<std::int64_t, 1>>>,
                                                      nn::Named<"norm", nn::BatchNorm1d<2>>>>);
  // torch: l = nn.Linear(3, 2), then the three registrations; list(l.state_dict()), without num_batches_tracked
  BOOST_TEST(keys_of(extended) == (names{"weight", "bias", "scale", "count", "norm.weight", "norm.bias",
                                         "norm.running_mean", "norm.running_var"}),
             boost::test_tools::per_element());
  BOOST_TEST(extended["scale"_n].data()(1) == 4);
  BOOST_TEST(extended["count"_n].data()(0) == 7);
  BOOST_TEST(extended->bias.data()(0) == layer.bias.data()(0));

  const Tensor<float, 4, 2> y = extended(x), wanted = layer(x);
  BOOST_TEST((y == wanted));
  auto net = tenon::compile<Row>(extended);
  const Tensor<float, 4, 2> compiled = net(x);
  for (tenon::index_t i = 0; i < 8; ++i)
    BOOST_TEST(compiled.data()[i] == wanted.data()[i], boost::test_tools::tolerance(1e-5F));
  const nn::Sequential<decltype(extended), nn::ReLU> chain{extended, nn::ReLU{}};
  BOOST_TEST(tenon::shape_of_t<decltype(chain(x))>::dims[1] == 2);

  names parameters, modules;
  nn::for_each_parameter(extended, [&](const std::string& name, auto&) { parameters.push_back(name); });
  BOOST_TEST(parameters == (names{"weight", "bias", "scale", "norm.weight", "norm.bias"}),
             boost::test_tools::per_element());
  BOOST_TEST(decltype(boost::hana::length(extended.named_parameters()))::value == 5u);
  nn::for_each_module(extended, [&](const std::string& name, auto&) { modules.push_back(name); });
  BOOST_TEST(modules == (names{"", "norm"}), boost::test_tools::per_element());

  extended.eval();
  BOOST_TEST(!extended.is_training());
  BOOST_TEST(!extended->is_training());
  BOOST_TEST(!extended["norm"_n].is_training());

  std::ostringstream text;
  text << extended;
  // torch: print(l) after the same registrations
  BOOST_TEST(text.str() ==
             "Linear(\n  in_features=3, out_features=2, bias=True\n  (norm): BatchNorm1d(2, eps=1e-05, momentum=0.1, "
             "affine=True, track_running_stats=True)\n)");
}

BOOST_AUTO_TEST_CASE(copies_loads_conversions_and_steps_reach_all_members) {
  Net<> net;
  net.fc.bias.data().fill(2);
  auto extended =
      net.register_parameter("shift"_n, Tensor<float, 2>{}).register_buffer("ids"_n, Tensor<std::int64_t, 2>{});
  net.fc.bias.data().fill(0);
  BOOST_TEST(extended->fc.bias.data()(0) == 2);  // a copy
  BOOST_TEST(keys_of(extended) == (names{"shift", "ids", "fc.weight", "fc.bias"}), boost::test_tools::per_element());

  auto copy = extended;
  copy["shift"_n].data().fill(5);
  BOOST_TEST(extended["shift"_n].data()(0) == 0);
  extended.load_state_dict(copy.state_dict());
  BOOST_TEST(extended["shift"_n].data()(1) == 5);

  extended.eval();
  const auto precise = extended.to<double>();
  static_assert(std::is_same_v<std::remove_const_t<decltype(precise)>,
                               nn::Extended<Net<double>, nn::Named<"shift", nn::Parameter<Tensor<double, 2>>>,
                                            nn::Named<"ids", nn::Buffer<Tensor<std::int64_t, 2>>>>>);
  BOOST_TEST(precise["shift"_n].data()(1) == 5);
  BOOST_TEST(!precise->dropout.is_training());
  BOOST_TEST(precise.to<float>()->fc.bias.data()(1) == 2);

  tenon::optim::SGD optimizer{extended, {.lr = 1}};
  extended["shift"_n].grad().fill(1);
  extended->fc.bias.grad().fill(1);
  optimizer.step();
  BOOST_TEST(extended["shift"_n].data()(0) == 4);
  BOOST_TEST(extended->fc.bias.data()(0) == 1);
  extended.zero_grad();
  BOOST_TEST(extended["shift"_n].grad()(0) == 0);
}

BOOST_AUTO_TEST_CASE(of_a_temporary_the_module_itself_is_extended) {
  nn::Linear<3, 2> layer;
  const float* const weight = layer.weight.data().data();
  int calls = 0;
  layer.register_forward_hook([&](auto&, const auto&, const auto&) { ++calls; });
  auto extended = std::move(layer).register_buffer("b"_n, Tensor<float, 1>{});
  BOOST_TEST(extended->weight.data().data() == weight);
  extended(x);
  BOOST_TEST(calls == 1);
  BOOST_TEST(extended.has_hooks());
  extended.register_forward_hook([&](decltype(extended)&, const auto&, const auto&) { calls += 10; });
  extended(x);
  BOOST_TEST(calls == 12);
}

BOOST_AUTO_TEST_CASE(lists_and_modules_of_several_inputs_are_extended_too) {
  auto chain = nn::Sequential<nn::Named<"in", nn::Linear<3, 2>>, nn::ReLU>{}.add_module("extra"_n, nn::Linear<1, 1>{});
  BOOST_TEST(keys_of(chain) == (names{"in.weight", "in.bias", "extra.weight", "extra.bias"}),
             boost::test_tools::per_element());
  BOOST_TEST(&chain[0_c] == &chain["in"_n]);
  BOOST_TEST(&chain["extra"_n].bias == &boost::hana::at_c<2>(chain.children()).get().bias);
  const Tensor<float, 4, 2> y = chain(x);
  BOOST_TEST(y(0, 0) >= 0);

  auto loss = nn::CrossEntropyLoss<>{Tensor<float, 3>::from({1, 0, 0})}.register_buffer("seen"_n, Tensor<float>{});
  const auto classes = Tensor<std::int64_t, 4>::from(std::vector<int>{0, 1, 2, 1});
  nn::CrossEntropyLoss<> plain{Tensor<float, 3>::from({1, 0, 0})};
  BOOST_TEST(loss(x, classes).item() == plain(x, classes).item());
  const auto converted = loss.to<double>();
  BOOST_TEST(converted(Tensor<double, 4, 3>(xt::cast<double>(x)), classes).item() ==
                 static_cast<double>(plain(x, classes).item()),
             boost::test_tools::tolerance(1e-6));
}

}  // namespace
