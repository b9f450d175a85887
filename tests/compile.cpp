// The compiled net as an object, and what `summary` and `<<` tell of a model.
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <tenon/tenon.hpp>

#include "difference.hpp"

namespace {

namespace nn = tenon::nn;
using namespace tenon::literals;
using tenon::Tensor;
using tenon_test::difference;
using tenon_test::random_input;
using Row = Tensor<float, 2, 5>;
using Mlp = nn::Sequential<nn::Linear<5, 7>, nn::Tanh, nn::Linear<7, 3>>;
constexpr double tolerance = 1e-5;

BOOST_AUTO_TEST_CASE(a_net_is_a_snapshot) {
  Mlp model;
  const Row x = random_input<Row>();
  const auto before = model(x);
  auto net = tenon::compile<Row>(model);
  model[2_c].bias.data().fill(9);
  BOOST_TEST(difference(net(x), before) < tolerance);
  BOOST_TEST(difference(net(x), model(x)) > 1);
}

// A net is in evaluation mode also where a layer is given what is no input, and to make it changes nothing.
struct OnParameter : nn::Module<OnParameter> {
  using Values = nn::Parameter<Tensor<float, 2, 5>>;
  BOOST_HANA_DEFINE_STRUCT(OnParameter, (Values, values), (nn::Dropout<>, dropout), (nn::BatchNorm1d<5>, norm));
  auto forward(const auto& x) const { return dropout(norm(values)) + x; }
};
BOOST_AUTO_TEST_CASE(a_net_evaluates) {
  OnParameter model;
  model.values.data().fill(3);
  const Row x = random_input<Row>();
  auto net = tenon::compile<Row>(std::as_const(model));
  BOOST_TEST(model.norm.running_mean.data()(0) == 0);
  BOOST_TEST(model.is_training());
  model.eval();
  BOOST_TEST(difference(net(x), model(x)) < tolerance);
}

// A const model is compiled and summarised, whether its forward is const or not.
struct ConstForward : nn::Module<ConstForward> {
  BOOST_HANA_DEFINE_STRUCT(ConstForward, (Mlp, body));
  auto forward(const auto& x) const { return nn::functional::relu(body(x)) / 2; }
};
struct OtherForward : nn::Module<OtherForward> {
  BOOST_HANA_DEFINE_STRUCT(OtherForward, (ConstForward, body));
  int calls = 0;
  auto forward(const auto& x) {
    ++calls;
    return body(x);
  }
};
BOOST_AUTO_TEST_CASE(const_models_are_compiled) {
  const Row x = random_input<Row>();
  OtherForward model;
  const auto wanted = model(x);
  const OtherForward& same = model;
  BOOST_TEST(difference(tenon::compile<Row>(same)(x), wanted) < tolerance);
  BOOST_TEST(difference(tenon::compile<Row>(same.body)(x), wanted) < tolerance);
  const nn::Sequential<ConstForward, nn::Linear<3, 2>> chain;
  BOOST_TEST(difference(tenon::compile<Row>(chain)(x), chain(x)) < tolerance);
  BOOST_TEST(tenon::summary<Row>(chain).rows.size() == 6u);
}

BOOST_AUTO_TEST_CASE(copies_are_independent_and_moved_nets_work) {
  Mlp model, other;
  const Row x = random_input<Row>(), z = random_input<Row>();
  auto net = tenon::compile<Row>(model);
  const auto& result = net(x);
  auto copy = net;
  (void)copy(z);
  BOOST_TEST(difference(result, model(x)) < tolerance);
  auto moved = std::move(net);
  BOOST_TEST(difference(moved(z), copy(z)) == 0);
  copy = tenon::compile<Row>(other);
  BOOST_TEST(difference(copy(x), other(x)) < tolerance);
  BOOST_TEST(difference(moved(x), model(x)) < tolerance);
  copy = moved;
  moved = tenon::compile<Row>(other);
  BOOST_TEST(difference(copy(x), model(x)) < tolerance);
  auto& same = copy;
  copy = std::move(same);
  copy = same;
  BOOST_TEST(difference(copy(x), model(x)) < tolerance);
}

BOOST_AUTO_TEST_CASE(the_callers_storage) {
  Mlp model;
  using Net = decltype(tenon::compile<Row>(model));
  alignas(64) static std::byte weights[Net::weight_bytes + 1], workspace[Net::workspace_bytes];
  const Row x = random_input<Row>();
  auto net = tenon::compile<Row>(model, std::span(weights).first(Net::weight_bytes), workspace);
  auto copy = net;
  std::ranges::fill(workspace, std::byte{0xff});
  BOOST_TEST(difference(net(x), model(x)) < tolerance);
  std::ranges::fill(weights, std::byte{});
  BOOST_TEST(difference(net(x), model(x)) > 1e-2);        // the weights are there,
  BOOST_TEST(difference(copy(x), model(x)) < tolerance);  // and a copy has its own

  const auto says = [](std::string wanted) {
    return [wanted](const tenon::Error& error) { return error.what() == wanted; };
  };
  const auto complains_of = [&](std::string what, std::size_t found, std::size_t wanted) {
    return says("compile: the " + what + " has " + std::to_string(found) + " bytes, wanted " + std::to_string(wanted));
  };
  BOOST_CHECK_EXCEPTION(tenon::compile<Row>(model, std::span(weights).first(Net::weight_bytes - 1), workspace),
                        tenon::Error, complains_of("weight storage", Net::weight_bytes - 1, Net::weight_bytes));
  BOOST_CHECK_EXCEPTION(tenon::compile<Row>(model, weights, std::span(workspace).first(Net::workspace_bytes - 1)),
                        tenon::Error, complains_of("workspace", Net::workspace_bytes - 1, Net::workspace_bytes));
  BOOST_CHECK_EXCEPTION(tenon::compile<Row>(model, std::span(weights).subspan(1), workspace), tenon::Error,
                        says("compile: the weight storage begins 1 bytes beyond a multiple of 64, wanted 0"));
}

// ---- what can be read about a net

using LeNet =
    nn::Sequential<nn::Conv2d<1, 6, nn::kernel_size<5>, nn::padding<2>>, nn::ReLU, nn::MaxPool2d<nn::kernel_size<2>>,
                   nn::Conv2d<6, 16, nn::kernel_size<5>>, nn::ReLU, nn::MaxPool2d<nn::kernel_size<2>>, nn::Flatten<>,
                   nn::Linear<400, 120>, nn::ReLU, nn::Linear<120, 84>, nn::ReLU, nn::Linear<84, 10>>;

BOOST_AUTO_TEST_CASE(summary_of_lenet) {
  const auto summary = tenon::summary<Tensor<float, 1, 1, 28, 28>>(LeNet{});
  BOOST_TEST(summary.parameters == 61706);
  BOOST_TEST(summary.multiply_adds == 416520);
  BOOST_TEST_REQUIRE(summary.rows.size() == 12u);
  const auto& conv = summary.rows[3];
  BOOST_TEST(conv.layer == "Conv2d");
  BOOST_TEST(conv.output_shape == (std::vector<tenon::index_t>{1, 16, 10, 10}), boost::test_tools::per_element());
  BOOST_TEST(conv.parameters == 16 * (6 * 25 + 1));
  BOOST_TEST(conv.multiply_adds == 100 * 16 * 6 * 25);
  BOOST_TEST(summary.rows[6].layer == "Flatten");
  BOOST_TEST(summary.rows[6].parameters == 0);
  // Weights and biases are packed, with some padding.
  BOOST_TEST(summary.weight_bytes >= 61706 * sizeof(float));
  BOOST_TEST(summary.weight_bytes < 80000 * sizeof(float));
}

struct Net : nn::Module<Net> {
  BOOST_HANA_DEFINE_STRUCT(Net, (nn::Linear<5, 3>, fc));
  auto forward(const auto& x) { return fc(x); }
};

BOOST_AUTO_TEST_CASE(printing) {
  std::ostringstream summary, model, user;
  summary << tenon::summary<Row>(Mlp{});
  const std::string table = summary.str();
  BOOST_TEST(table.substr(0, table.find("Compiled")) ==
             "Layer   Output shape  Parameters  Multiply-adds  Stage\n"
             "------------------------------------------------------\n"
             "Linear  (2, 7)                42             70      0\n"
             "Tanh    (2, 7)                 0              0      0\n"
             "Linear  (2, 3)                24             42      1\n"
             "------------------------------------------------------\n"
             "Total                         66            112\n");
  model
      << nn::Sequential<nn::Conv2d<1, 6, nn::kernel_size<5, 3>, nn::padding<2>>, nn::Named<"norm", nn::BatchNorm2d<6>>,
                        nn::MaxPool2d<nn::kernel_size<2>>, nn::Sequential<nn::Dropout<>, nn::Linear<4, 3>>>{};
  BOOST_TEST(model.str() ==
             "Sequential(\n"
             "  (0): Conv2d(1, 6, kernel_size=(5, 3), stride=(1, 1), padding=(2, 2))\n"
             "  (norm): BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)\n"
             "  (2): MaxPool2d(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1), ceil_mode=False)\n"
             "  (3): Sequential(\n"
             "    (0): Dropout(p=0.5, inplace=False)\n"
             "    (1): Linear(in_features=4, out_features=3, bias=True)\n"
             "  )\n"
             ")");
  user << Net{};
  BOOST_TEST(user.str() == "Net(\n  (fc): Linear(in_features=5, out_features=3, bias=True)\n)");
}

}  // namespace
