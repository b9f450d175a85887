#include "chapter.hpp"
#include "tables/embedding.hpp"

using namespace tenon_test;

namespace {

using embedding::Indices;

// However they are spelled, equal options are one operation.
static_assert(std::is_same_v<nn::Embedding<9, 2, nn::padding_idx<-1>>::operation,
                             nn::Embedding<9, 2, nn::norm_type<3>, nn::padding_idx<8>>::operation>);

BOOST_AUTO_TEST_CASE(initialization) {
  const nn::Embedding<1000, 10, nn::padding_idx<3>> embedding;
  double sum = 0, squares = 0;
  for (const float element : embedding.weight.data()) sum += element, squares += element * element;
  BOOST_TEST(std::fabs(sum / 1e4) < 0.05);
  BOOST_TEST(std::fabs(squares / 1e4 - 1) < 0.1);
  for (std::size_t column = 0; column < 10; ++column) BOOST_TEST(embedding.weight.data()(3, column) == 0);
}

// On plain indices a call computes; in a Variable, which need not require a gradient, it is recorded.
BOOST_AUTO_TEST_CASE(gradients_accumulate) {
  nn::Embedding<5, 2> embedding;
  const nn::Variable x{Indices<3>::from(std::array{4, 1, 4})};
  const auto ones = Tensor<float, 3, 2>::from(std::array{1, 1, 1, 1, 1, 1});
  embedding(x).backward(ones);
  embedding(x).backward(ones);
  const auto wanted = Tensor<float, 5, 2>::from(std::array{0, 0, 2, 2, 0, 0, 0, 0, 4, 4});
  compare("gradient", embedding.weight.grad(), numbers(wanted), 0, 0);
  static_assert(std::is_same_v<decltype(embedding(x.data())), Tensor<float, 3, 2>>);
}

// On plain indices a const layer shortens what it looked up and leaves its table; training changes the table as ever.
template <class Layer>
void check_const() {
  Layer layer;
  const Layer& same = layer;
  const auto before = layer.weight.data();
  const auto x = Indices<2, 3>::from(std::array{3, 0, 3, 4, 3, 1});
  const nn::Variable v{x};
  const auto ones = Tensor<float, 2, 3, 17>::from(std::vector<float>(102, 1.f));
  const auto result = same(x);
  compare("table", layer.weight.data(), numbers(before), 0, 0);
  Layer copy = layer;
  const auto recorded = same(v), wanted = copy(v);
  compare("const", result, numbers(wanted.data()), 0, 0);
  compare("const, recorded", recorded.data(), numbers(wanted.data()), 0, 0);
  compare("table, shortened", layer.weight.data(), numbers(copy.weight.data()), 0, 0);
  recorded.backward(ones);
  wanted.backward(ones);
  compare("gradient", layer.weight.grad(), numbers(copy.weight.grad()), 0, 0);
}
BOOST_AUTO_TEST_CASE(const_layers) {
  check_const<nn::Embedding<5, 17>>();
  check_const<nn::Embedding<5, 17, nn::max_norm<1.5>, nn::padding_idx<1>>>();
}

BOOST_AUTO_TEST_CASE(index_outside_the_table) {
  nn::Embedding<5, 2, nn::max_norm<0.001>> embedding;
  const auto before = embedding.weight.data();
  check_error([&] { embedding(Indices<2, 2>::from(std::array{0, 1, 5, -1})); },
              "Embedding: index 2 is 5, wanted 0 to 4");
  check_error([&] { embedding(nn::Variable{Indices<1>::from(std::array{-1})}); },
              "Embedding: index 0 is -1, wanted 0 to 4");
  compare("weight", embedding.weight.data(), numbers(before), 0, 0);
}

using Text = nn::Sequential<nn::Embedding<20, 8, nn::padding_idx<0>>, nn::Flatten<>, nn::Linear<24, 16>, nn::ReLU,
                            nn::Linear<16, 3>>;

BOOST_AUTO_TEST_CASE(first_layer_of_a_net) {
  Text model;
  const auto x = Indices<2, 3>::from(std::array{3, 0, 19, 7, 7, 1});
  auto net = tenon::compile<Indices<2, 3>>(model);
  static_assert(noexcept(net(x)) && noexcept(net.status()));
  static_assert(decltype(net)::workspace_bytes > 0);
  compare("compiled", net(x), numbers(model(x)), 1e-5, 1e-5);

  nn::CrossEntropyLoss<> criterion;
  tenon::optim::SGD optimizer{model, {.lr = 0.5}};
  const auto target = Indices<2>::from(std::array{2, 0});
  double first = 0, loss = 0;
  for (int step = 0; step < 30; ++step) {
    model.zero_grad();
    const auto result = criterion(model(nn::Variable{x}), target);
    result.backward();
    optimizer.step();
    loss = result.item();
    if (step == 0) first = loss;
  }
  BOOST_TEST(loss < first / 10);
}

BOOST_AUTO_TEST_CASE(index_outside_the_table_of_a_compiled_net) {
  nn::Sequential<nn::Embedding<5, 3>, nn::Tanh> model;
  auto net = tenon::compile<Indices<4>>(model);
  BOOST_TEST((net.status() == tenon::Status::ok));
  const auto good = Indices<4>::from(std::array{4, 0, 1, 2}), bad = Indices<4>::from(std::array{4, 0, 5, -3});
  const auto& y = net(bad);
  BOOST_TEST((net.status() == tenon::Status::index_out_of_range));
  auto wanted = model(Indices<4>::from(std::array{4, 0, 0, 0}));
  for (std::size_t i = 6; i < 12; ++i) wanted.data()[i] = 0;
  compare("rows of zeros", y, numbers(wanted), 1e-6, 1e-6);
  auto copy = net;
  BOOST_TEST((copy.status() == tenon::Status::index_out_of_range));
  check_error([&] { net.check(bad); }, "Embedding: index 2 is 5, wanted 0 to 4");
  compare("checked", net.check(good), numbers(model(good)), 1e-6, 1e-6);
  BOOST_TEST((net.status() == tenon::Status::ok));
  BOOST_TEST((copy.status() == tenon::Status::index_out_of_range));
}

// The report of a stage survives what later stages write, also where two stages report.
struct Pair : nn::Module<Pair> {
  BOOST_HANA_DEFINE_STRUCT(Pair, (nn::Embedding<5, 8>, a), (nn::Embedding<4, 8>, b), (nn::Linear<8, 64>, c),
                           (nn::Linear<64, 64>, d));
  auto forward(const auto& x) {
    const auto first = a(x);
    return d(c(first + b(x)));
  }
};
BOOST_AUTO_TEST_CASE(reports_of_several_stages) {
  Pair model;
  auto net = tenon::compile<Indices<2>>(model);
  check_error([&] { net.check(Indices<2>::from(std::array{1, 4})); }, "Embedding: index 1 is 4, wanted 0 to 3");
  check_error([&] { net.check(Indices<2>::from(std::array{5, 4})); }, "Embedding: index 0 is 5, wanted 0 to 4");
  const auto good = Indices<2>::from(std::array{3, 0});
  compare("good", net.check(good), numbers(model(good)), 1e-5, 1e-5);
}

BOOST_AUTO_TEST_CASE(printing) {
  BOOST_TEST(nn::repr_module(nn::Embedding<10, 3>{}) == "Embedding(10, 3)");
  BOOST_TEST(nn::repr_module(nn::Embedding<10, 3, nn::padding_idx<0>, nn::max_norm<1>, nn::norm_type<1>,
                                           nn::scale_grad_by_freq<true>>{}) ==
             "Embedding(10, 3, padding_idx=0, max_norm=1, norm_type=1, scale_grad_by_freq=True)");
}

}  // namespace
