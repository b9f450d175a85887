#pragma once

// Nets of one result, as the lines of a table have it: all results of a recurrent layer behind one another.
namespace recurrent_nets {

namespace nn = tenon::nn;

template <class R>
auto flat(const R& result) {
  return tenon::reshape<tenon::shape_of_t<R>::size>(result);
}
template <class... R>
auto joined(const std::tuple<R...>& results) {
  return std::apply([](const auto&... r) { return tenon::cat<0>(flat(r)...); }, results);
}

template <class T>
struct DeepLstm : nn::Module<DeepLstm<T>> {
  using Layer = nn::LSTM<3, 5, nn::num_layers<2>, nn::bidirectional<true>, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(DeepLstm, (Layer, layer));
  auto forward(const auto&... x) const { return joined(layer(x...)); }
};
template <class T>
struct Lstm : nn::Module<Lstm<T>> {
  using Layer = nn::LSTM<1, 37, nn::bias<false>, nn::batch_first<true>, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(Lstm, (Layer, layer));
  auto forward(const auto&... x) const { return joined(layer(x...)); }
};
template <class T>
struct DeepGru : nn::Module<DeepGru<T>> {
  using Layer = nn::GRU<7, 19, nn::num_layers<2>, nn::batch_first<true>, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(DeepGru, (Layer, layer));
  auto forward(const auto&... x) const { return joined(layer(x...)); }
};
template <class T>
struct Gru : nn::Module<Gru<T>> {
  using Layer = nn::GRU<2, 1, nn::bias<false>, nn::bidirectional<true>, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(Gru, (Layer, layer));
  auto forward(const auto&... x) const { return joined(layer(x...)); }
};
template <class T>
struct Rnn : nn::Module<Rnn<T>> {
  using Layer = nn::RNN<5, 17, nn::bidirectional<true>, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(Rnn, (Layer, layer));
  auto forward(const auto&... x) const { return joined(layer(x...)); }
};
template <class T>
struct RectifiedRnn : nn::Module<RectifiedRnn<T>> {
  using Layer = nn::RNN<3, 64, nn::nonlinearity<nn::relu>, nn::num_layers<2>, nn::dtype<T>>;
  BOOST_HANA_DEFINE_STRUCT(RectifiedRnn, (Layer, layer));
  auto forward(const auto&... x) const { return joined(layer(x...)); }
};
/// A cell that goes twice over what it is given, and whose memory alone is wanted in the end.
template <class T>
struct Cells : nn::Module<Cells<T>> {
  BOOST_HANA_DEFINE_STRUCT(Cells, (nn::LSTMCell<4, 9, nn::dtype<T>>, lstm), (nn::GRUCell<9, 6, nn::dtype<T>>, gru),
                           (nn::RNNCell<6, 6, nn::dtype<T>>, rnn));
  auto forward(const auto& x) const {
    auto [h, c] = lstm(x);
    auto [next, memory] = lstm(x, h, c);
    auto g = gru(memory, gru(next));
    return rnn(rnn(g), g);
  }
};

}  // namespace recurrent_nets

BOOST_AUTO_TEST_SUITE(recurrent)
using namespace tenon_test;
using namespace recurrent_nets;

BOOST_AUTO_TEST_CASE(sequences) {
  check_everywhere<DeepLstm<float>, Tensor<float, 4, 2, 3>>();
  check_everywhere<Lstm<float>, Tensor<float, 1, 7, 1>>();
  check_everywhere_in_double<DeepGru<float>, Tensor<float, 3, 5, 7>>();
  check_variant<Gru<float>, Tensor<float, 1, 1, 2>>();
  check_everywhere<Rnn<float>, Tensor<float, 3, 7, 5>>();
  check<RectifiedRnn<float>, Tensor<float, 2, 2, 3>>();
}

BOOST_AUTO_TEST_CASE(one_sequence) {
  check_everywhere<DeepGru<float>, Tensor<float, 5, 7>>();
}

BOOST_AUTO_TEST_CASE(initial_states) {
  check_everywhere<DeepLstm<float>, Tensor<float, 3, 2, 3>, Tensor<float, 4, 2, 5>, Tensor<float, 4, 2, 5>>();
  check<Lstm<float>, Tensor<float, 2, 3, 1>, Tensor<float, 1, 2, 37>, Tensor<float, 1, 2, 37>>();
  check_everywhere<DeepGru<float>, Tensor<float, 3, 2, 7>, Tensor<float, 2, 3, 19>>();
}

BOOST_AUTO_TEST_CASE(cells) {
  check_everywhere<Cells<float>, Tensor<float, 5, 4>>();
}

BOOST_AUTO_TEST_SUITE_END()
