// Recurrent layers in nets and as modules, and packing.
#include <algorithm>
#include <sstream>

#include "chapter.hpp"

using namespace tenon_test;

namespace {

constexpr double out = 1e-5;

BOOST_AUTO_TEST_CASE(packing) {
  const auto x = random_argument<Tensor<float, 3, 4, 2>>(1);  // (N, T, F)
  const auto packed = nn::utils::rnn::pack_padded_sequence(x, std::array{3, 3, 1}, nn::batch_first<true>{});
  BOOST_TEST(packed.size() == 14u);
  BOOST_TEST(std::ranges::equal(packed.batch_sizes(), std::array{3, 2, 2}));
  BOOST_TEST(packed.data()[2 * 2 + 1] == x(2, 0, 1));
  BOOST_TEST(packed.data()[6 * 2] == x(1, 2, 0));
  const auto [padded, lengths] = nn::utils::rnn::pad_packed_sequence(packed, nn::batch_first<false>{}, -7);
  static_assert(std::is_same_v<std::remove_const_t<decltype(padded)>, Tensor<float, 4, 3, 2>>);
  BOOST_TEST(padded(2, 1, 1) == x(1, 2, 1));
  BOOST_TEST(padded(1, 2, 0) == -7);
  BOOST_TEST(padded(3, 0, 0) == -7);
}

BOOST_AUTO_TEST_CASE(wrong_lengths) {
  const Tensor<float, 4, 3, 2> x;
  const auto pack = [&](std::vector<int> lengths) { (void)nn::utils::rnn::pack_padded_sequence(x, lengths); };
  check_error([&] { pack({4, 3}); }, "pack_padded_sequence: 2 lengths, wanted 3, one for each sequence");
  check_error([&] { pack({4, 2, 3}); },
              "pack_padded_sequence: length 3 of sequence 2 is greater than the one before: sort them, longest first");
  check_error([&] { pack({4, 2, 0}); }, "pack_padded_sequence: length 0 of sequence 2, wanted one from 1 to 4");
  check_error([&] { pack({5, 2, 1}); }, "pack_padded_sequence: length 5 of sequence 0, wanted one from 1 to 4");
}

// ---- nets

void compare_all(const auto& found, const auto& wanted) { compare("result", found, numbers(wanted), out, out); }
template <class... R>
void compare_all(const std::tuple<R...>& found, const std::tuple<R...>& wanted) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (compare_all(std::get<I>(found), std::get<I>(wanted)), ...);
  }(std::index_sequence_for<R...>{});
}

template <class Model, class X, class... States>
void check_net() {
  Model model;
  model.eval();
  const auto x = random_argument<X>(1);
  const auto given = std::tuple<States...>{random_argument<States>(1)...};
  std::apply(
      [&](const auto&... states_given) {
        auto net = tenon::compile<X, States...>(model);
        const auto wanted = model(x, states_given...);
        const auto& found = net(x, states_given...);
        compare_all(found, wanted);
      },
      given);
}

BOOST_AUTO_TEST_CASE(nets_with_states) {
  using nn::batch_first, nn::bidirectional, nn::num_layers;
  check_net<nn::LSTM<1, 20>, Tensor<float, 1, 1, 1>, Tensor<float, 1, 1, 20>, Tensor<float, 1, 1, 20>>();
  check_net<nn::LSTM<3, 33, num_layers<2>, bidirectional<true>>, Tensor<float, 4, 2, 3>, Tensor<float, 4, 2, 33>,
            Tensor<float, 4, 2, 33>>();
  check_net<nn::GRU<5, 4, batch_first<true>>, Tensor<float, 3, 2, 5>, Tensor<float, 1, 3, 4>>();
  check_net<nn::GRUCell<2, 8>, Tensor<float, 3, 2>, Tensor<float, 3, 8>>();
  check_net<nn::LSTMCell<2, 11>, Tensor<float, 3, 2>, Tensor<float, 3, 11>, Tensor<float, 3, 11>>();
}

// The states of a net go round, step by step, written over the ones before.
BOOST_AUTO_TEST_CASE(a_net_step_by_step) {
  nn::LSTM<2, 20> model;
  model.eval();
  const auto x = random_argument<Tensor<float, 9, 1, 2>>(1);
  const auto [wanted, last_hidden_state, last_memory] = model(x);
  auto net = tenon::compile<Tensor<float, 1, 1, 2>, Tensor<float, 1, 1, 20>, Tensor<float, 1, 1, 20>>(model);
  Tensor<float, 1, 1, 20> y, h, c;
  for (index_t t = 0; t < 9; ++t) {
    Tensor<float, 1, 1, 2> step;
    for (index_t i = 0; i < 2; ++i) step(0, 0, i) = x(t, 0, i);
    net(step, h, c, y, h, c);
    compare("step", y, numbers(wanted[t]), out, out);
  }
  compare("hidden", h, numbers(last_hidden_state), out, out);
  compare("memory", c, numbers(last_memory), out, out);
}

// ---- modules

BOOST_AUTO_TEST_CASE(names_and_printing) {
  nn::GRU<3, 2, nn::num_layers<3>, nn::bidirectional<true>, nn::dropout<0.5>> gru;
  std::vector<std::string> names;
  nn::for_each_parameter(gru, [&](const std::string& name, auto&) { names.push_back(name); });
  BOOST_TEST(names.size() == 24u);
  BOOST_TEST(names[5] == "weight_hh_l0_reverse");
  BOOST_TEST(names[23] == "bias_hh_l2_reverse");
  std::ostringstream text;
  text << gru << nn::LSTMCell<3, 4, nn::bias<false>>() << nn::RNNCell<1, 2, nn::nonlinearity<nn::relu>>();
  BOOST_TEST(text.str() ==
             "GRU(3, 2, num_layers=3, dropout=0.5, bidirectional=True)LSTMCell(3, 4, bias=False)"
             "RNNCell(1, 2, nonlinearity=relu)");
}

BOOST_AUTO_TEST_CASE(dropout_between_layers) {
  nn::GRU<3, 8, nn::num_layers<2>, nn::dropout<0.5>> gru;
  const auto x = random_argument<Tensor<float, 4, 2, 3>>(1);
  const auto first = gru(x), second = gru(x);
  BOOST_TEST(numbers(std::get<0>(first)) != numbers(std::get<0>(second)));
  gru.eval();
  const auto third = gru(x), fourth = gru(x);
  BOOST_TEST(numbers(std::get<0>(third)) == numbers(std::get<0>(fourth)), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(copies_and_conversions) {
  nn::LSTM<2, 3, nn::num_layers<4>> lstm;
  const auto copy = lstm;
  const auto wide = lstm.to<double>();
  const auto x = random_argument<Tensor<float, 3, 2, 2>>(1);
  const auto wanted = lstm(x);
  BOOST_TEST(numbers(std::get<0>(copy(x))) == numbers(std::get<0>(wanted)), boost::test_tools::per_element());
  compare("double", std::get<0>(wide(Tensor<double, 3, 2, 2>(xt::cast<double>(x)))), numbers(std::get<0>(wanted)), out,
          out);
}

}  // namespace
