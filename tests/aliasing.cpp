// Nets whose input is their own last result, a view into it, or overlaps the tensor their result goes to.
#include <boost/test/unit_test.hpp>
#include <tenon/tenon.hpp>
#include <vector>

#include "difference.hpp"

namespace {

namespace nn = tenon::nn;
using tenon::Tensor;
using tenon_test::difference;
using tenon_test::random_input;

constexpr int steps = 3;

/// The results of `steps` steps of the eager model, each fed the one before.
template <class X, class Model>
std::vector<X> eager_steps(Model& model, const X& first) {
  model.eval();
  std::vector<X> results;
  for (int step = 0; step < steps; ++step) results.push_back(model(step == 0 ? first : results.back()));
  return results;
}

/// A net of `Model` fed its own result, in its workspace and in the caller's tensor, takes the eager model's steps.
template <class X, class Model>
void takes_the_same_steps(const char* name) {
  tenon::manual_seed(5);
  Model model;
  const X first = random_input<X>();
  const std::vector<X> wanted = eager_steps(model, first);
  auto net = tenon::compile<X>(model);
  static_assert(std::is_same_v<typename decltype(net)::Output, X>);
  const auto is_close = [](const X& y, const X& expected) { return difference(y, expected) < 1e-4; };

  X fed = first;
  for (int step = 0; step < steps; ++step) {
    net(fed, fed);
    BOOST_TEST(is_close(fed, wanted[static_cast<std::size_t>(step)]), name << ": net(x, x), step " << step);
  }
  const X* last = &net(first);
  for (int step = 1; step < steps; ++step) {
    last = &net(*last);
    BOOST_TEST(is_close(*last, wanted[static_cast<std::size_t>(step)]), name << ": net(net(x)), step " << step);
  }
  (void)net(first);
  net(*last, fed);  // the input is the last result, the result goes elsewhere
  BOOST_TEST(is_close(fed, wanted[1]), name << ": net(net(x), y)");
  (void)net(first);
  auto copy = net;  // its result is not the copy's
  BOOST_TEST(is_close(copy(*last), wanted[1]), name << ": a copy's net(net(x))");
  BOOST_TEST(is_close(*last, wanted[0]), name << ": a copy leaves the result alone");
}

template <tenon::index_t N>
using Square = nn::Linear<N, N>;
template <tenon::index_t C, class... Options>
using SameConv = nn::Conv2d<C, C, nn::kernel_size<3>, nn::padding<1>, Options...>;

struct Skips : nn::Module<Skips> {
  BOOST_HANA_DEFINE_STRUCT(Skips, (Square<8>, first), (Square<8>, second));
  auto forward(const auto& x) {
    auto y = nn::functional::relu(first(x));
    return second(y) + y * x + x;
  }
};
struct Joins : nn::Module<Joins> {
  using Narrow = nn::Linear<32, 16>;
  BOOST_HANA_DEFINE_STRUCT(Joins, (Narrow, first), (Narrow, second));
  auto forward(const auto& x) { return tenon::cat<1>(first(x), second(x)); }
};
struct Swaps : nn::Module<Swaps> {  // two rows change places: copies and placement only
  BOOST_HANA_DEFINE_STRUCT(Swaps, (nn::Identity, identity));
  auto forward(const auto& x) { return tenon::cat<0>(tenon::reshape<1, 16>(x[1]), tenon::reshape<1, 16>(x[0])); }
};
struct Multiplies : nn::Module<Multiplies> {
  BOOST_HANA_DEFINE_STRUCT(Multiplies, (nn::Identity, identity));
  auto forward(const auto& x) { return tenon::mm(x, x); }
};
struct Grows : nn::Module<Grows> {
  BOOST_HANA_DEFINE_STRUCT(Grows, (Square<6>, fc));
  auto forward(const auto& x) {
    auto y = fc(x);
    return tenon::cat<0>(y, x, nn::functional::tanh(y));
  }
};

BOOST_AUTO_TEST_CASE(linear) {
  takes_the_same_steps<Tensor<float, 1, 2>, nn::Residual<nn::Sequential<Square<2>, nn::ReLU, Square<2>>>>("residual");
  takes_the_same_steps<Tensor<float, 4, 16>, Square<16>>("four rows");
  takes_the_same_steps<Tensor<float, 1, 33>, Square<33>>("33");
  takes_the_same_steps<Tensor<double, 3, 7>, nn::Sequential<nn::Linear<7, 7, nn::dtype<double>>>>("double");
  takes_the_same_steps<Tensor<float, 1, 64>, nn::Sequential<Square<64>, Square<64>>>("two");
  takes_the_same_steps<Tensor<float, 5, 9>, nn::Sequential<Square<9>, nn::Tanh, Square<9>, nn::Tanh, Square<9>>>("3");
  takes_the_same_steps<Tensor<float, 2, 9>, nn::Sequential<nn::Linear<9, 100>, nn::Sigmoid, nn::Linear<100, 9>>>(
      "wide");
}

BOOST_AUTO_TEST_CASE(images) {
  using Image = Tensor<float, 1, 8, 9, 7>;
  takes_the_same_steps<Image, nn::Residual<nn::Sequential<SameConv<8>, SameConv<8>, SameConv<8>>>>("residual");
  takes_the_same_steps<Image, SameConv<8, nn::groups<8>>>("depthwise");
  takes_the_same_steps<Image, nn::Conv2d<8, 8, nn::kernel_size<1>>>("one by one");
  takes_the_same_steps<Tensor<float, 2, 3, 11>, nn::ConvTranspose1d<3, 3, nn::kernel_size<3>, nn::padding<1>>>("1d");
  using Window = nn::kernel_size<3>;
  takes_the_same_steps<Tensor<float, 2, 3, 11>, nn::AvgPool1d<Window, nn::stride<1>, nn::padding<1>>>("average");
  takes_the_same_steps<Image, nn::MaxPool2d<Window, nn::stride<1>, nn::padding<1>>>("max");
  takes_the_same_steps<Image, nn::Sequential<SameConv<8>, nn::MaxPool2d<Window, nn::stride<1>, nn::padding<1>>>>(
      "both");
  takes_the_same_steps<Image,
                       nn::Sequential<nn::ReflectionPad2d<nn::padding<1>>, nn::AvgPool2d<Window, nn::stride<1>>>>(
      "padded");
  takes_the_same_steps<Image, nn::Sequential<nn::BatchNorm2d<8>, nn::ReLU>>("batch normalization");
  takes_the_same_steps<Image, nn::GroupNorm<2, 8>>("group normalization");
  takes_the_same_steps<Image, nn::Softmax<>>("softmax");
  takes_the_same_steps<Tensor<float, 1, 1, 4, 4>,
                       nn::Sequential<nn::Conv2d<1, 4, nn::kernel_size<2>, nn::stride<2>>, nn::PixelShuffle<2>>>(
      "shuffle");
}

BOOST_AUTO_TEST_CASE(modules) {
  takes_the_same_steps<Tensor<float, 3, 8>, Skips>("skips");
  takes_the_same_steps<Tensor<float, 1, 32>, Joins>("joins");
  takes_the_same_steps<Tensor<float, 2, 16>, Swaps>("swaps");
  takes_the_same_steps<Tensor<float, 7, 7>, Multiplies>("multiplies");
  takes_the_same_steps<Tensor<float, 3, 8>, nn::Identity>("identity");
  takes_the_same_steps<Tensor<float, 3, 8>, nn::Sequential<nn::Tanh>>("activation");
}

BOOST_AUTO_TEST_CASE(views_into_the_last_result) {
  using X = Tensor<float, 2, 6>;
  using Y = Tensor<float, 6, 6>;
  Grows model;
  auto net = tenon::compile<X>(model);
  const X first = random_input<X>();
  for (std::ptrdiff_t row = 0; row < 5; ++row) {
    const Y& y = net(first);
    X part = X::view(const_cast<float*>(y.data()) + 6 * row);
    const X before = part;
    BOOST_TEST(difference(net(part), model(before)) < 1e-5, "row " << row);
  }
  // The caller's tensors overlap in part.
  std::vector<float> memory(100);
  for (std::ptrdiff_t offset = -12; offset <= 36; offset += 4) {
    Y y = Y::view(memory.data() + 32);
    X x = X::view(memory.data() + 32 + offset);
    x = first;
    net(x, y);
    BOOST_TEST(difference(y, model(first)) < 1e-5, "offset " << offset);
  }
}

BOOST_AUTO_TEST_CASE(it_costs_no_more_than_the_input) {
  using Row = Tensor<float, 1, 65>;
  constexpr std::size_t line = 64, bytes = Row::size() * sizeof(float), result = (bytes + line - 1) / line * line;
  BOOST_TEST(tenon::compile<Row>(nn::Sequential<Square<65>>()).workspace_bytes == result + bytes);
}

BOOST_AUTO_TEST_CASE(the_type_of_a_net_has_a_name) {
  using Model = nn::Sequential<Square<3>, nn::Tanh>;
  struct Player {
    tenon::net_t<Model, Tensor<float, 1, 3>> net;
  };
  Model model;
  Player player{tenon::compile<Tensor<float, 1, 3>>(model)};
  const auto x = random_input<Tensor<float, 1, 3>>();
  BOOST_TEST(difference(player.net(x), model(x)) < 1e-6);
}

}  // namespace
