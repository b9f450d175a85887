// Recurrent layers against PyTorch's results: whole sequences, packed ones, and cells.
#include <algorithm>

#include "chapter.hpp"

using namespace tenon_test;

namespace {

constexpr double out = 1e-5, gradient = 1e-4, small_gradient = 2e-5;

// ---- PyTorch's results

/// A layer with the parameters of a file, and what its results and gradients are compared with.
template <class Layer>
struct Reference {
  explicit Reference(const char* name) : dict(load_vectors(name)) { layer.load_state_dict(dict.subset("f32.param.")); }
  template <class T>
  T given(const std::string& key) const {
    return dict.get<T>("f32." + key);
  }
  void compare_parameters() {
    nn::for_each_parameter(layer, [&](const std::string& name, auto& parameter) {
      compare(name, parameter.grad(), numbers(dict["f64.gparam." + name]), gradient, small_gradient);
    });
  }
  template <class R>
  void compare_result(const std::string& name, const R& result) const {
    compare(name, result.data(), numbers(dict["f64.out." + name]), out, out);
  }
  template <class X>
  void compare_gradient(const std::string& name, X& input) const {
    compare(name, input.grad(), numbers(dict["f64.gin." + name]), gradient, small_gradient);
  }

  StateDict dict;
  Layer layer;
};

/// `results` and, in order, their names in the file.
template <std::size_t Count>
using Names = std::array<const char*, Count>;

template <class... R>
void differentiate(const StateDict& dict, const Names<sizeof...(R)>& names, const R&... results) {
  const auto backward = [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto arguments =
        std::tuple_cat(std::tuple(results, dict.get<typename R::tensor_type>("f32.gout." + std::string(names[I])))...);
    std::apply([](const auto&... a) { tenon::backward(a...); }, arguments);
  };
  backward(std::index_sequence_for<R...>{});
}

/// Checks a layer on the inputs `X...`, which the file calls `inputs`; it calls the results `results`.
template <class Layer, class... X>
void check_results(const char* file, const Names<sizeof...(X)>& inputs, const auto& results) {
  BOOST_TEST_CONTEXT(file) {
    Reference<Layer> reference(file);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      std::tuple<nn::Variable<X>...> x{
          nn::Variable<X>{reference.template given<X>("in." + std::string(inputs[I])), nn::requires_grad}...};
      const auto made = [&] {
        auto y = reference.layer(std::get<I>(x)...);
        if constexpr (requires { std::tuple_size<decltype(y)>::value; })
          return y;
        else
          return std::tuple{y};
      }();
      std::apply(
          [&](const auto&... y) {
            std::size_t r = 0;
            (reference.compare_result(results[r++], y), ...);
            differentiate(reference.dict, results, y...);
          },
          made);
      (reference.compare_gradient(inputs[I], std::get<I>(x)), ...);
    }(std::index_sequence_for<X...>{});
    reference.compare_parameters();
  }
}

const Names<1> input{"input"};
const Names<2> with_hidden{"input", "h_0"}, with_hx{"input", "hx"}, of_hidden{"output", "h_n"},
    both_states{"h_1", "c_1"};
const Names<3> with_memory{"input", "h_0", "c_0"}, of_memory{"output", "h_n", "c_n"};
const Names<1> of_cell{"h_1"};

BOOST_AUTO_TEST_CASE(rnn) {
  using nn::batch_first, nn::bidirectional, nn::nonlinearity, nn::num_layers;
  check_results<nn::RNN<3, 3>, Tensor<float, 5, 2, 3>>("RNN.p17.no_state", input, of_hidden);
  check_results<nn::RNN<4, 3, num_layers<2>, nonlinearity<nn::relu>, batch_first<true>>, Tensor<float, 2, 4, 4>,
                Tensor<float, 2, 2, 3>>("RNN.p18.state", with_hidden, of_hidden);
  check_results<nn::RNN<5, 3, nonlinearity<nn::tanh>, nn::bias<false>, bidirectional<true>>, Tensor<float, 3, 2, 5>,
                Tensor<float, 2, 2, 3>>("RNN.p19.state", with_hidden, of_hidden);
  check_results<nn::RNN<5, 2, num_layers<3>, batch_first<true>, bidirectional<true>>, Tensor<float, 2, 4, 5>,
                Tensor<float, 6, 2, 2>>("RNN.p20.state", with_hidden, of_hidden);
  check_results<nn::RNN<5, 5, nonlinearity<nn::relu>, nn::bias<false>>, Tensor<float, 5, 3, 5>, Tensor<float, 1, 3, 5>>(
      "RNN.p22.state", with_hidden, of_hidden);
}

BOOST_AUTO_TEST_CASE(lstm) {
  using nn::batch_first, nn::bidirectional, nn::num_layers;
  check_results<nn::LSTM<4, 5>, Tensor<float, 3, 3, 4>>("LSTM.p09.no_state", input, of_memory);
  check_results<nn::LSTM<3, 3, num_layers<2>, batch_first<true>>, Tensor<float, 2, 4, 3>, Tensor<float, 2, 2, 3>,
                Tensor<float, 2, 2, 3>>("LSTM.p10.state", with_memory, of_memory);
  check_results<nn::LSTM<2, 3, nn::bias<false>, bidirectional<true>>, Tensor<float, 5, 3, 2>, Tensor<float, 2, 3, 3>,
                Tensor<float, 2, 3, 3>>("LSTM.p11.state", with_memory, of_memory);
  check_results<nn::LSTM<5, 4, num_layers<3>, batch_first<true>, bidirectional<true>>, Tensor<float, 3, 2, 5>,
                Tensor<float, 6, 3, 4>, Tensor<float, 6, 3, 4>>("LSTM.p12.state", with_memory, of_memory);
}

BOOST_AUTO_TEST_CASE(gru) {
  using nn::batch_first, nn::bidirectional, nn::num_layers;
  check_results<nn::GRU<5, 4>, Tensor<float, 4, 2, 5>>("GRU.p09.no_state", input, of_hidden);
  check_results<nn::GRU<5, 3, num_layers<2>, batch_first<true>>, Tensor<float, 3, 5, 5>, Tensor<float, 2, 3, 3>>(
      "GRU.p10.state", with_hidden, of_hidden);
  check_results<nn::GRU<3, 5, nn::bias<false>, bidirectional<true>>, Tensor<float, 4, 3, 3>, Tensor<float, 2, 3, 5>>(
      "GRU.p11.state", with_hidden, of_hidden);
  check_results<nn::GRU<4, 3, num_layers<3>, batch_first<true>, bidirectional<true>>, Tensor<float, 2, 5, 4>,
                Tensor<float, 6, 2, 3>>("GRU.p12.state", with_hidden, of_hidden);
}

BOOST_AUTO_TEST_CASE(cells) {
  check_results<nn::RNNCell<2, 4>, Tensor<float, 4, 2>>("RNNCell.p03.no_state", input, of_cell);
  check_results<nn::RNNCell<2, 5, nn::nonlinearity<nn::relu>>, Tensor<float, 2, 2>, Tensor<float, 2, 5>>(
      "RNNCell.p06.state", with_hx, of_cell);
  check_results<nn::RNNCell<5, 4, nn::bias<false>>, Tensor<float, 4, 5>, Tensor<float, 4, 4>>("RNNCell.p05.state",
                                                                                              with_hx, of_cell);
  check_results<nn::LSTMCell<2, 6>, Tensor<float, 2, 2>>("LSTMCell.p02.no_state", input, both_states);
  check_results<nn::LSTMCell<4, 5, nn::bias<false>>, Tensor<float, 2, 4>, Tensor<float, 2, 5>, Tensor<float, 2, 5>>(
      "LSTMCell.p04.state", with_memory, both_states);
  check_results<nn::GRUCell<4, 5>, Tensor<float, 3, 4>>("GRUCell.p02.no_state", input, of_cell);
  check_results<nn::GRUCell<6, 4, nn::bias<false>>, Tensor<float, 2, 6>, Tensor<float, 2, 4>>("GRUCell.p04.state",
                                                                                              with_hx, of_cell);
}

// ---- packed sequences

/// The rows of an entry of packed data as padded sequences, (T, N, F), with zeros.
template <class Padded>
Padded padded(const tenon::AnyTensor& entry, std::span<const std::int64_t> batch_sizes) {
  const auto rows = numbers(entry);
  Padded result;
  constexpr auto dims = tenon::shape_of_t<Padded>::dims;
  std::size_t at = 0;
  for (std::size_t t = 0; t < batch_sizes.size(); ++t)
    for (index_t b = 0; b < batch_sizes[t]; ++b)
      for (index_t f = 0; f < dims[2]; ++f) result(static_cast<index_t>(t), b, f) = static_cast<float>(rows[at++]);
  return result;
}

/// Checks a layer on packed sequences of `lengths`, from padded ones `X`, (N, T, F) if `SamplesFirst`; `Y` is (T, N,
/// F).
template <class Layer, bool SamplesFirst, class X, class Y, class... States>
void check_packed(const char* file, const std::vector<int>& lengths, const Names<sizeof...(States)>& states_given,
                  const auto& states_made) {
  BOOST_TEST_CONTEXT(file) {
    Reference<Layer> reference(file);
    const StateDict& dict = reference.dict;
    nn::Variable<X> x{reference.template given<X>("in.input"), nn::requires_grad};
    const auto packed = nn::utils::rnn::pack_padded_sequence(x, lengths, nn::batch_first<SamplesFirst>{});
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      std::tuple<nn::Variable<States>...> states{nn::Variable<States>{
          reference.template given<States>("in." + std::string(states_given[I])), nn::requires_grad}...};
      std::apply(
          [&](const auto& y, const auto&... last) {
            compare("output", std::vector<double>(y.data(), y.data() + y.size()), numbers(dict["f64.out.output_data"]),
                    out, out);
            BOOST_TEST(std::ranges::equal(y.batch_sizes(), packed.batch_sizes()));
            const auto [unpacked, lengths_again] = nn::utils::rnn::pad_packed_sequence(y);
            BOOST_TEST(std::ranges::equal(lengths_again, lengths));
            std::size_t r = 0;
            (reference.compare_result(states_made[r++], last), ...);
            const auto arguments = [&]<std::size_t... S>(std::index_sequence<S...>) {
              return std::tuple_cat(
                  std::tuple(unpacked, padded<Y>(dict["f32.gout.output_data"], y.batch_sizes())),
                  std::tuple(last, dict.get<typename std::remove_cvref_t<decltype(last)>::tensor_type>(
                                       "f32.gout." + std::string(states_made[S])))...);
            }(std::index_sequence_for<decltype(last)...>{});
            std::apply([](const auto&... a) { tenon::backward(a...); }, arguments);
          },
          reference.layer(packed, std::get<I>(states)...));
      (reference.compare_gradient(states_given[I], std::get<I>(states)), ...);
    }(std::index_sequence_for<States...>{});
    reference.compare_gradient("input", x);
    reference.compare_parameters();
  }
}

const Names<0> nothing{};
const Names<1> hidden{"h_0"}, last_hidden{"h_n"};
const Names<2> states{"h_0", "c_0"}, last_states{"h_n", "c_n"};

BOOST_AUTO_TEST_CASE(packed_sequences) {
  using nn::batch_first, nn::bidirectional, nn::nonlinearity, nn::num_layers;
  check_packed<nn::RNN<3, 2, num_layers<2>, nonlinearity<nn::relu>, bidirectional<true>>, false, Tensor<float, 5, 3, 3>,
               Tensor<float, 5, 3, 4>>("RNN.p21.packed", {5, 4, 3}, nothing, last_hidden);
  check_packed<nn::RNN<4, 4, num_layers<2>, batch_first<true>, bidirectional<true>>, true, Tensor<float, 3, 3, 4>,
               Tensor<float, 3, 3, 8>, Tensor<float, 4, 3, 4>>("RNN.p23.packed", {3, 2, 1}, hidden, last_hidden);
  check_packed<nn::LSTM<3, 2, num_layers<2>, bidirectional<true>>, false, Tensor<float, 2, 3, 3>,
               Tensor<float, 2, 3, 4>>("LSTM.p13.packed", {2, 2, 1}, nothing, last_states);
  check_packed<nn::LSTM<5, 2, num_layers<2>, batch_first<true>, bidirectional<true>>, true, Tensor<float, 2, 3, 5>,
               Tensor<float, 3, 2, 4>, Tensor<float, 4, 2, 2>, Tensor<float, 4, 2, 2>>("LSTM.p15.packed", {3, 1},
                                                                                       states, last_states);
  check_packed<nn::GRU<2, 5, num_layers<2>, bidirectional<true>>, false, Tensor<float, 5, 3, 2>,
               Tensor<float, 5, 3, 10>>("GRU.p13.packed", {5, 2, 2}, nothing, last_hidden);
  check_packed<nn::GRU<3, 4, num_layers<2>, batch_first<true>>, true, Tensor<float, 2, 5, 3>, Tensor<float, 5, 2, 4>>(
      "GRU.p16.packed", {5, 1}, nothing, last_hidden);
}

}  // namespace
