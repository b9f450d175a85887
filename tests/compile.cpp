// Compiled nets against eager ones: what crosses the chapters.
#define BOOST_TEST_MODULE compile
#define BOOST_TEST_DYN_LINK
#include <array>
#include <boost/test/unit_test.hpp>
#include <sstream>
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;
using namespace tenon::literals;

namespace {

template <class A, class B>
double difference(const A& a, const B& b) {
  double largest = 0;
  for (std::size_t i = 0; i < A::size(); ++i)
    largest = std::max(largest, std::fabs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
  return largest;
}

/// A model whose running statistics are worth folding, and its compiled net, on the same random input.
template <class Model, class Input>
void check(double tolerance = 1e-5) {
  BOOST_TEST_CONTEXT(nn::repr_module(Model{})) {
    tenon::manual_seed(5);
    Model model;
    Input x;
    tenon::fill_uniform(x, 1.0);
    for (int warm = 0; warm < 3; ++warm) (void)model(x);
    model.eval();
    auto net = tenon::compile<Input>(model);
    BOOST_TEST(difference(model(x), net(x)) < tolerance);
  }
}

using Few = nn::Conv2d<3, 4, nn::kernel_size<3>, nn::padding<1>>;    // fewer outputs than half a vector
using Many = nn::Conv2d<3, 20, nn::kernel_size<3>, nn::padding<1>>;  // more than one
using Image = Tensor<float, 2, 3, 7, 9>;
using Halve = nn::MaxPool2d<nn::kernel_size<2>>;

// Edges that are read more than once, before and after something was folded into their stage.
template <class Conv, int Channels>
struct Branches : nn::Module<Branches<Conv, Channels>> {
  BOOST_HANA_DEFINE_STRUCT(Branches, (Conv, conv), (nn::BatchNorm2d<Channels>, norm), (Halve, pool));
  auto forward(const auto& x) {
    using namespace nn::functional;
    auto y = conv(x);
    auto r = relu(y);
    auto t = tanh(y);
    auto n = norm(y);
    return pool(t + n) + pool(r) + pool(y) + pool(tanh(r));
  }
};
template <class Conv, int Channels>
struct Skip : nn::Module<Skip<Conv, Channels>> {
  BOOST_HANA_DEFINE_STRUCT(Skip, (Conv, conv), (nn::BatchNorm2d<Channels>, norm), (Halve, pool),
                           (nn::Linear<Channels * 12, 5>, fc));
  auto forward(const auto& x) {
    using namespace nn::functional;
    auto y = norm(conv(x));
    auto z = pool(relu(y) + y);
    auto w = pool(relu(norm(conv(x))));
    return fc(tenon::reshape<2, Channels * 12>(z + w + relu(w)));
  }
};

BOOST_AUTO_TEST_CASE(edges_read_more_than_once) {
  check<Branches<Few, 4>, Image>();
  check<Branches<Many, 20>, Image>();
  check<Skip<Few, 4>, Image>();
  check<Skip<Many, 20>, Image>();
}

BOOST_AUTO_TEST_CASE(user_modules_in_chains) {
  check<nn::Sequential<nn::Conv2d<3, 3, nn::kernel_size<1>>, Skip<Many, 20>, nn::Tanh>, Image>();
  check<nn::Sequential<nn::ReLU, Branches<Few, 4>, nn::Flatten<>>, Image>();
}

BOOST_AUTO_TEST_CASE(batch_normalization_anywhere) {
  check<nn::Sequential<Many, nn::BatchNorm2d<20>>, Image>();
  check<nn::Sequential<nn::BatchNorm2d<3>, Many>, Image>();
  check<nn::Sequential<Many, nn::ReLU, nn::BatchNorm2d<20>, nn::Tanh>, Image>();
  check<nn::Sequential<Few, nn::BatchNorm2d<4>, nn::BatchNorm2d<4, nn::affine<false>>, nn::ReLU, Halve>, Image>();
  check<nn::Sequential<Many, Halve, nn::BatchNorm2d<20>, nn::Flatten<>>, Image>();
}

BOOST_AUTO_TEST_CASE(containers_and_shapes) {
  check<nn::Residual<nn::Sequential<Many, nn::BatchNorm2d<20>, nn::ReLU>, nn::Conv2d<3, 20, nn::kernel_size<1>>>,
        Image>();
  check<nn::Sequential<nn::Residual<nn::Sequential<nn::ReLU, nn::Conv2d<3, 3, nn::kernel_size<1>>>>, nn::ReLU>,
        Image>();
  check<nn::Sequential<nn::Sequential<Few, nn::Tanh>, nn::Dropout<>, nn::Sequential<Halve, nn::Flatten<>>,
                       nn::Linear<48, 3>>,
        Image>();
  check<nn::Sequential<Many, nn::Flatten<>, nn::Linear<1260, 7>, nn::LogSoftmax<>>, Image>();
  check<nn::Sequential<nn::Flatten<>>, Image>();
  check<nn::Sequential<Many, nn::Linear<9, 2>>, Image>();
  check<nn::Sequential<nn::Conv2d<4, 4, nn::kernel_size<3>, nn::groups<2>>, nn::BatchNorm2d<4>, nn::ReLU>,
        Tensor<float, 1, 4, 5, 5>>();
}

BOOST_AUTO_TEST_CASE(in_double) {
  using D = nn::dtype<double>;
  check<nn::Sequential<nn::Conv2d<3, 9, nn::kernel_size<3>, D>, nn::BatchNorm2d<9, D>, nn::Tanh, Halve, nn::Flatten<>,
                       nn::Linear<54, 5, D>>,
        Tensor<double, 2, 3, 7, 9>>(1e-12);
}

using Mlp = nn::Sequential<nn::Linear<5, 17>, nn::Tanh, nn::Linear<17, 3>>;
using Row = Tensor<float, 1, 5>;

BOOST_AUTO_TEST_CASE(a_net_is_a_snapshot_and_its_copies_are_independent) {
  Mlp model;
  Row x;
  tenon::fill_uniform(x, 1.0);
  auto net = tenon::compile<Row>(model);
  const Tensor<float, 1, 3> before = net(x);
  model[0_c].weight.data().fill(0);
  BOOST_TEST(difference(net(x), before) == 0);

  auto copy = net;
  const auto& y = net(x);
  (void)copy(Row{});
  BOOST_TEST(difference(y, before) == 0);  // the copy's call wrote elsewhere
  auto moved = std::move(net);
  BOOST_TEST(difference(moved(x), before) == 0);
  copy = moved;
  BOOST_TEST(difference(copy(x), before) == 0);
}

BOOST_AUTO_TEST_CASE(storage_of_the_caller) {
  const Mlp model;
  using Net = decltype(tenon::compile<Row>(model));
  alignas(64) static std::array<std::byte, Net::weight_bytes + 64> weights;
  alignas(64) static std::array<std::byte, Net::workspace_bytes + 64> workspace;
  const std::span<std::byte> w(weights), s(workspace);
  BOOST_CHECK_THROW(tenon::compile<Row>(model, w.first(Net::weight_bytes - 1), s), tenon::Error);
  BOOST_CHECK_THROW(tenon::compile<Row>(model, w, s.first(Net::workspace_bytes - 1)), tenon::Error);
  BOOST_CHECK_THROW(tenon::compile<Row>(model, w.subspan(1), s), tenon::Error);
  auto net = tenon::compile<Row>(model, w, s), own = tenon::compile<Row>(model);
  Row x;
  tenon::fill_uniform(x, 1.0);
  BOOST_TEST(difference(net(x), own(x)) == 0);
}

// What a chain's type tells is what its call finds.
BOOST_AUTO_TEST_CASE(constant_sizes_are_the_planned_ones) {
  using Chain = nn::Sequential<Many, nn::BatchNorm2d<20>, nn::ReLU, Halve, nn::Residual<nn::Sequential<nn::ReLU>>,
                               nn::Flatten<>, nn::Linear<240, 5>>;
  const Chain chain;
  namespace planning = tenon::planning;
  planning::Graph graph(planning::bytes<float, tenon::shape_of_t<Image>, planning::Plain>);
  const auto plan =
      planning::finish(planning::trace(chain, planning::Symbolic<float, tenon::shape_of_t<Image>>(graph, 0)));
  using Net = decltype(tenon::compile<Image>(chain));
  BOOST_TEST(plan.memory.workspace_bytes == std::size_t{Net::workspace_bytes});
  BOOST_TEST(plan.memory.weight_bytes == std::size_t{Net::weight_bytes});
  BOOST_TEST(plan.stages.size() == 5u);  // conv + norm + relu, pool, relu, add, linear
}

BOOST_AUTO_TEST_CASE(summaries) {
  const nn::Sequential<nn::Conv2d<1, 6, nn::kernel_size<5>, nn::padding<2>>, nn::ReLU, Halve,
                       nn::Conv2d<6, 16, nn::kernel_size<5>>, nn::ReLU, Halve, nn::Flatten<>, nn::Linear<400, 120>,
                       nn::ReLU, nn::Linear<120, 84>, nn::ReLU, nn::Linear<84, 10>>
      lenet;
  const auto summary = tenon::summary<Tensor<float, 1, 1, 28, 28>>(lenet);
  BOOST_TEST(summary.rows.size() == 12u);
  BOOST_TEST(summary.parameters == 156 + 2416 + 48120 + 10164 + 850);
  BOOST_TEST(summary.multiply_adds == 784 * 6 * 25 + 100 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10);
  BOOST_TEST(summary.rows[3].layer == "Conv2d");
  BOOST_TEST(summary.rows[3].output_shape == (std::vector<tenon::index_t>{1, 16, 10, 10}),
             boost::test_tools::per_element());
  std::ostringstream out;
  out << nn::Sequential<nn::Linear<2, 3, nn::bias<false>>, nn::Named<"act", nn::ReLU>>{};
  BOOST_TEST(out.str() == "Sequential(\n  (0): Linear(in_features=2, out_features=3, bias=False)\n  (act): ReLU()\n)");
}

}  // namespace
