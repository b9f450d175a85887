/// \file
/// Recurrent layers: RNN, LSTM and GRU.
#pragma once

#include "dropout.hpp"
#include "recurrence.hpp"

namespace tenon::inline TENON_ISA::nn {

namespace detail {

/// The options of recurrent layers; `More` are those of an RNN.
template <class Given, class... More>
using RecurrentOptions =
    tag::Options<Given, tag::UnlessDefault<tag::Integer<nn::num_layers<1>, tag::Between<1, 99>>>, More...,
                 tag::UnlessDefault<tag::Flag<nn::bias<true>>>, tag::UnlessDefault<tag::Flag<nn::batch_first<false>>>,
                 tag::UnlessDefault<tag::Real<nn::dropout<0>, tag::Between<0, 1>>>,
                 tag::UnlessDefault<tag::Flag<nn::bidirectional<false>>>>;

/// As many rejections as a layer of `Cell`s has results.
template <class Cell>
auto rejected_results() {
  if constexpr (Cell::remembers)
    return std::tuple<Rejected, Rejected, Rejected>{};
  else
    return std::tuple<Rejected, Rejected>{};
}

/// The parameters of one direction of one layer, of `Rows` sums.
template <template <index_t...> class TensorOf, index_t Rows, index_t Inputs, index_t Hidden, bool HasBias>
struct DirectionParameters {
  Parameter<TensorOf<Rows, Inputs>> weight_ih;
  Parameter<TensorOf<Rows, Hidden>> weight_hh;
  parameter_if<HasBias, TensorOf<Rows>> bias_ih, bias_hh;
};

/// What a parameter is called: `weight_ih_l0`, `bias_hh_l2_reverse`.
template <std::size_t Layer, bool Reverse, std::size_t Kind>
inline constexpr auto parameter_name = [] {
  constexpr std::array<std::string_view, 4> kinds{"weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"};
  std::array<char, 32> text{};
  std::size_t at = 0;
  const auto add = [&](std::string_view part) {
    for (const char c : part) text[at++] = c;
  };
  add(kinds[Kind]);
  if (Layer >= 10) text[at++] = static_cast<char>('0' + Layer / 10 % 10);
  text[at++] = static_cast<char>('0' + Layer % 10);
  if (Reverse) add("_reverse");
  return text;
}();

}  // namespace detail

/// What RNN, LSTM and GRU share: `Derived` is the layer as the user spells it, `Options` what its `Tags` mean.
template <class Derived, class Shown, class Cell, class Options, index_t InputSize, index_t HiddenSize, class... Tags>
class RecurrentLayer : public Layer<Derived> {
  static constexpr auto layers = static_cast<std::size_t>(tag::value<Options, nn::num_layers>);
  static constexpr bool has_bias = tag::value<Options, nn::bias>;
  static constexpr bool samples_first = tag::value<Options, nn::batch_first>;
  static constexpr double drop = tag::value<Options, nn::dropout>;
  static constexpr bool both_ways = tag::value<Options, nn::bidirectional>;
  static constexpr std::size_t ways = both_ways ? 2 : 1, directions = layers * ways;
  static constexpr std::size_t kinds = has_bias ? 4 : 2;  // of parameters
  static constexpr index_t rows = Cell::gates * HiddenSize, wide = HiddenSize * index_t{ways};
  static constexpr std::size_t named = 2;  // layers whose parameters are members of this class

  template <index_t... D>
  using tensor = typename tag::parameters_of<Tags...>::template tensor<D...>;
  template <bool Present, index_t... D>
  using parameter_when = parameter_if<Present, tensor<D...>>;
  static constexpr bool two = layers > 1;

 public:
  /// The axis of its sequences that is time.
  static constexpr int time_axis = samples_first ? 1 : 0;

  parameter_when<true, rows, InputSize> weight_ih_l0;
  parameter_when<true, rows, HiddenSize> weight_hh_l0;
  parameter_when<has_bias, rows> bias_ih_l0, bias_hh_l0;
  parameter_when<both_ways, rows, InputSize> weight_ih_l0_reverse;
  parameter_when<both_ways, rows, HiddenSize> weight_hh_l0_reverse;
  parameter_when<both_ways && has_bias, rows> bias_ih_l0_reverse, bias_hh_l0_reverse;
  parameter_when<two, rows, wide> weight_ih_l1;
  parameter_when<two, rows, HiddenSize> weight_hh_l1;
  parameter_when<two && has_bias, rows> bias_ih_l1, bias_hh_l1;
  parameter_when<two && both_ways, rows, wide> weight_ih_l1_reverse;
  parameter_when<two && both_ways, rows, HiddenSize> weight_hh_l1_reverse;
  parameter_when<two && both_ways && has_bias, rows> bias_ih_l1_reverse, bias_hh_l1_reverse;

  /// Calls `f(name, parameter)` for each parameter, in PyTorch's order.
  template <class F>
  constexpr void for_each_own_member(F&& f) {
    visit(*this, f, std::make_index_sequence<directions * kinds>{});
  }
  template <class F>
  constexpr void for_each_own_member(F&& f) const {
    visit(*this, f, std::make_index_sequence<directions * kinds>{});
  }
  auto own_members() {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return boost::hana::make_tuple(std::pair(std::string(name<I>()), std::ref(member<I>(*this)))...);
    }(std::make_index_sequence<directions * kinds>{});
  }

  /// Weights and biases from U(-k, k), k = 1/sqrt(hidden_size).
  void reset_parameters() {
    const double bound = 1 / std::sqrt(static_cast<double>(HiddenSize));
    for_each_own_member([bound](const char*, auto& parameter) { fill_uniform(parameter.overwrite(), bound); });
  }

  /// Of sequences, or of a PackedSequence; and of the initial states, zeros where they are left out.
  template <class X, class... States>
  auto forward(const X& x, const States&... states) const {
    static_assert(sizeof...(States) == 0 || sizeof...(States) == (Cell::remembers ? 2 : 1),
                  "a recurrent layer is called with its input and all its initial states, or with the input alone");
    if constexpr (tenon::detail::is_rejected<X> || (tenon::detail::is_rejected<States> || ...)) {
      return detail::rejected_results<Cell>();
    } else if constexpr (detail::is_packed<X>) {
      using Order = tenon::operation::Packed<X::steps, X::batch>;
      auto results = run(Order{x.packed_lengths()}, x.rows(), states...);
      using Rows = std::tuple_element_t<0, decltype(results)>;
      if constexpr (tenon::detail::is_rejected<Rows>) {
        return results;
      } else {
        using Sequence = utils::rnn::PackedSequence<Rows, X::steps, X::batch>;
        return std::apply(
            [&](auto& y, auto&... last) {
              return std::tuple{Sequence(std::move(y), x.packed_lengths()), std::move(last)...};
            },
            results);
      }
    } else if constexpr (shape_of_t<autograd::argument_t<X>>::rank == 2) {  // one sequence, without a batch axis
      constexpr std::size_t batch_axis = samples_first ? 0 : 1;
      auto results = run(own_order{}, detail::with_axis<batch_axis>(x), detail::with_axis<1>(states)...);
      return std::apply(
          [](const auto& y, const auto&... last) {
            return std::tuple{detail::without_axis<batch_axis>(y), detail::without_axis<1>(last)...};
          },
          results);
    } else {
      return run(own_order{}, x, states...);
    }
  }

  static Text extra_repr() { return repr(Options{}, to_text(InputSize) + ", " + to_text(HiddenSize)); }

  RecurrentLayer() {
    tag::check<Derived>(Options{});
    reset_parameters();
  }

 private:
  using own_order = std::conditional_t<samples_first, tenon::operation::BatchFirst, tenon::operation::TimeFirst>;
  using deep_direction = detail::DirectionParameters<tensor, rows, wide, HiddenSize, has_bias>;
  static constexpr std::size_t deep = layers > named ? (layers - named) * ways : 0;

  template <std::size_t Direction, class Self>
  static constexpr auto parameters_of(Self& self) {
    if constexpr (Direction >= named * ways) {
      auto& d = self.deeper_[Direction - named * ways];
      return std::tie(d.weight_ih, d.weight_hh, d.bias_ih, d.bias_hh);
    } else if constexpr (Direction / ways == 0) {
      if constexpr (Direction % ways == 0)
        return std::tie(self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0);
      else
        return std::tie(self.weight_ih_l0_reverse, self.weight_hh_l0_reverse, self.bias_ih_l0_reverse,
                        self.bias_hh_l0_reverse);
    } else if constexpr (Direction % ways == 0) {
      return std::tie(self.weight_ih_l1, self.weight_hh_l1, self.bias_ih_l1, self.bias_hh_l1);
    } else {
      return std::tie(self.weight_ih_l1_reverse, self.weight_hh_l1_reverse, self.bias_ih_l1_reverse,
                      self.bias_hh_l1_reverse);
    }
  }
  template <std::size_t I, class Self>
  static constexpr auto& member(Self& self) {
    return std::get<I % kinds>(parameters_of<I / kinds>(self));
  }
  template <std::size_t I>
  static constexpr const char* name() {
    return detail::parameter_name < I / kinds / ways, I / kinds % ways == 1, I % kinds >.data();
  }
  template <class Self, class F, std::size_t... I>
  static constexpr void visit(Self& self, F& f, std::index_sequence<I...>) {
    (f(name<I>(), member<I>(self)), ...);
  }

  template <class Order, class X>
  auto run(const Order& order, const X& x) const {
    return run_layers<0>(order, x, Absent{}, Absent{}, std::tuple{}, std::tuple{});
  }
  template <class Order, class X, class Hidden>
  auto run(const Order& order, const X& x, const Hidden& hidden) const {
    return run_with(order, x, hidden, Absent{});
  }
  template <class Order, class X, class Hidden, class Memory>
  auto run(const Order& order, const X& x, const Hidden& hidden, const Memory& memory) const {
    return run_with(order, x, hidden, memory);
  }
  /// With the shapes of the states checked.
  template <class Order, class X, class Hidden, class Memory>
  auto run_with(const Order& order, const X& x, const Hidden& hidden, const Memory& memory) const {
    using S = shape_of_t<autograd::argument_t<X>>;
    if constexpr (requires { order.rows(S{}); }) {
      constexpr auto count = static_cast<index_t>(directions);
      using Wanted = Shape<count, Order::template batch<S>, HiddenSize>;
      using States =
          std::conditional_t<Cell::remembers, detail::Misfit<Wanted, Hidden, Memory>, detail::Misfit<Wanted, Hidden>>;
      using Misfit = typename States::type;
      if constexpr (!std::is_same_v<Misfit, Wanted>) {
        report(reject_t<Shown, expected_state<count, Order::template batch<S>, HiddenSize>, Misfit>{});
        return detail::rejected_results<Cell>();
      } else {
        return run_layers<0>(order, x, detail::plan_with(hidden), detail::plan_with(memory), std::tuple{},
                             std::tuple{});
      }
    } else {
      return run_layers<0>(order, x, Absent{}, Absent{}, std::tuple{}, std::tuple{});  // which rejects x
    }
  }

  /// Layers `Layer` and up; `hidden_states` and `memories` are the last ones of the layers below.
  template <std::size_t Layer, class Order, class X, class Hidden, class Memory, class HiddenStates, class Memories>
  auto run_layers(const Order& order, const X& x, const Hidden& hidden, const Memory& memory,
                  const HiddenStates& hidden_states, const Memories& memories) const {
    if constexpr (Layer == layers) {
      auto last_hidden = std::apply([](const auto&... states) { return detail::stack(states...); }, hidden_states);
      if constexpr (Cell::remembers)
        return std::tuple{x, std::move(last_hidden),
                          std::apply([](const auto&... states) { return detail::stack(states...); }, memories)};
      else
        return std::tuple{x, std::move(last_hidden)};
    } else {
      const auto& input = detail::plan_with(x);
      auto forth = run_direction<Layer * ways>(order, input, hidden, memory);
      if constexpr (tenon::detail::is_rejected<decltype(forth)>) {
        return detail::rejected_results<Cell>();
      } else if constexpr (both_ways) {
        auto back = run_direction<Layer * ways + 1>(order, input, hidden, memory);
        if constexpr (tenon::detail::is_rejected<decltype(back)>) {  // as in a stream
          return detail::rejected_results<Cell>();
        } else {
          auto y = apply(tenon::operation::Cat<-1>{}, std::get<0>(forth), std::get<0>(back));
          return run_layers<Layer + 1>(order, dropped<Layer>(std::move(y)), hidden, memory,
                                       std::tuple_cat(hidden_states, std::tuple{std::get<1>(forth), std::get<1>(back)}),
                                       std::tuple_cat(memories, memory_of(forth), memory_of(back)));
        }
      } else {
        return run_layers<Layer + 1>(order, dropped<Layer>(std::move(std::get<0>(forth))), hidden, memory,
                                     std::tuple_cat(hidden_states, std::tuple{std::get<1>(forth)}),
                                     std::tuple_cat(memories, memory_of(forth)));
      }
    }
  }
  template <std::size_t Direction, class Order, class X, class Hidden, class Memory>
  auto run_direction(const Order& order, const X& x, const Hidden& hidden, const Memory& memory) const {
    constexpr index_t inputs = Direction < ways ? InputSize : wide;
    using Operation = tenon::operation::Recurrent<Shown, Cell, inputs, HiddenSize, Order, Direction % ways == 1>;
    const auto parameters = parameters_of<Direction>(*this);
    return apply(Operation{order}, x, state<Direction>(hidden), state<Direction>(memory), std::get<0>(parameters),
                 std::get<1>(parameters), std::get<2>(parameters), std::get<3>(parameters));
  }
  /// The state of one direction, (N, H).
  template <std::size_t Direction, class State>
  static auto state(const State& states) {
    if constexpr (std::is_same_v<State, Absent>)
      return Absent{};
    else if constexpr (directions == 1)
      return detail::without_axis<0>(states);
    else
      return states[static_cast<index_t>(Direction)];
  }
  template <class Results>
  static auto memory_of(const Results& results) {
    if constexpr (Cell::remembers)
      return std::tuple{std::get<2>(results)};
    else
      return std::tuple{};
  }
  /// What the layer above reads.
  template <std::size_t Layer, class Y>
  auto dropped(Y y) const {
    if constexpr (Layer + 1 < layers && drop > 0)
      return apply(tenon::operation::Dropout<drop>{this->is_training()}, y);
    else
      return y;
  }

  std::array<deep_direction, deep> deeper_;
};

/// `torch.nn.RNN(input_size, hidden_size, num_layers=1, nonlinearity=tanh, bias=True, batch_first=False, dropout=0,
/// bidirectional=False)`: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), step by step.
///
/// (T, N, input_size), or (N, T, input_size) with batch_first<true>, and an initial state (num_layers * directions, N,
/// hidden_size), zeros where it is left out, make `auto [output, hn] = rnn(x, h0)`: (T, N, directions * hidden_size)
/// and the last states. A PackedSequence makes one. Without the batch axis: one sequence.
///
/// Tags: num_layers<1>, nonlinearity<nn::tanh> or <nn::relu>, bias<true>, batch_first<false>, dropout<0> (between the
/// layers, in training), bidirectional<false>. Parameters `weight_ih_l0` (hidden_size, input_size), `weight_hh_l0`,
/// `bias_ih_l0`, `bias_hh_l0`, then `..._l0_reverse`, `..._l1` and so on, from U(-k, k), k = 1/sqrt(hidden_size);
/// beyond `l1` by `named_parameters()`. Inputs and states of other shapes do not compile. Elman, 1990.
///
///     nn::RNN<10, 20, nn::num_layers<2>> rnn;
///     auto [output, hn] = rnn(Tensor<float, 5, 3, 10>{}, Tensor<float, 2, 3, 20>{});
///     static_assert(std::is_same_v<decltype(output), Tensor<float, 5, 3, 20>>);
template <index_t InputSize, index_t HiddenSize, class... Tags>
class RNN
    : public RecurrentLayer<
          RNN<InputSize, HiddenSize, Tags...>, tenon::operation::RNN,
          recurrent::Simple<typename tag::type<detail::RecurrentOptions<tag::Given<Tags...>, detail::Nonlinearity>,
                                               nonlinearity>::type>,
          detail::RecurrentOptions<tag::Given<Tags...>, tag::Unprinted<detail::Nonlinearity>>, InputSize, HiddenSize,
          Tags...> {
 public:
  template <class... NewTags>
  using with_tags = RNN<InputSize, HiddenSize, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;
};

/// `torch.nn.LSTM(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0,
/// bidirectional=False)`.
///
/// `auto [output, hn, cn] = lstm(x, h0, c0)`; shapes, tags, parameters and errors as of RNN, with 4 * hidden_size rows
/// of the gates i, f, g, o. Hochreiter and Schmidhuber, 1997.
///
///     nn::LSTM<10, 20> lstm;
///     auto [output, hn, cn] = lstm(Tensor<float, 5, 3, 10>{});
///     static_assert(std::is_same_v<decltype(cn), Tensor<float, 1, 3, 20>>);
template <index_t InputSize, index_t HiddenSize, class... Tags>
class LSTM
    : public RecurrentLayer<LSTM<InputSize, HiddenSize, Tags...>, tenon::operation::LSTM, recurrent::LongShortTerm,
                            detail::RecurrentOptions<tag::Given<Tags...>>, InputSize, HiddenSize, Tags...> {
 public:
  template <class... NewTags>
  using with_tags = LSTM<InputSize, HiddenSize, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;
};

/// `torch.nn.GRU(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0, bidirectional=False)`.
///
/// `auto [output, hn] = gru(x, h0)`; shapes, tags, parameters and errors as of RNN, with 3 * hidden_size rows of the
/// gates r, z, n. Cho and others, 2014.
///
///     nn::GRU<10, 20, nn::bidirectional<true>> gru;
///     auto [output, hn] = gru(Tensor<float, 5, 3, 10>{});
///     static_assert(std::is_same_v<decltype(output), Tensor<float, 5, 3, 40>>);
template <index_t InputSize, index_t HiddenSize, class... Tags>
class GRU : public RecurrentLayer<GRU<InputSize, HiddenSize, Tags...>, tenon::operation::GRU, recurrent::Gated,
                                  detail::RecurrentOptions<tag::Given<Tags...>>, InputSize, HiddenSize, Tags...> {
 public:
  template <class... NewTags>
  using with_tags = GRU<InputSize, HiddenSize, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;
};

}  // namespace tenon::inline TENON_ISA::nn
