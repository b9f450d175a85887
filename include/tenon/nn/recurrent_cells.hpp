/// \file
/// Cells, which compute one step: RNNCell, LSTMCell and GRUCell.
#pragma once

#include "recurrence.hpp"

namespace tenon::inline TENON_ISA::nn {

namespace detail {
/// The options of cells; `More` are those of an RNNCell.
template <class Given, class... More>
using RecurrentCellOptions = tag::Options<Given, tag::UnlessDefault<tag::Flag<nn::bias<true>>>, More...>;
}  // namespace detail

/// What the cells share: `Derived` has their parameters, `Options` are what its `Tags` mean.
template <class Derived, class Shown, class Cell, class Options, index_t InputSize, index_t HiddenSize, class... Tags>
class RecurrentCellLayer : public Layer<Derived> {
 protected:
  static constexpr bool has_bias = tag::value<Options, nn::bias>;
  template <index_t... D>
  using tensor = typename tag::parameters_of<Tags...>::template tensor<D...>;
  using input_weight = Parameter<tensor<Cell::gates * HiddenSize, InputSize>>;
  using hidden_weight = Parameter<tensor<Cell::gates * HiddenSize, HiddenSize>>;
  using bias_type = parameter_if<has_bias, tensor<Cell::gates * HiddenSize>>;

 public:
  /// Weights and biases from U(-k, k), k = 1/sqrt(hidden_size).
  void reset_parameters() {
    const double bound = 1 / std::sqrt(static_cast<double>(HiddenSize));
    for_each_member(this->self(), [bound](const char*, auto& parameter) {
      if constexpr (is_parameter<std::remove_cvref_t<decltype(parameter)>>) fill_uniform(parameter.overwrite(), bound);
    });
  }

  /// Of (N, input_size), and of the states (N, hidden_size), zeros where they are left out; or without the batch axis.
  template <class X, class... States>
  auto forward(const X& x, const States&... states) const {
    static_assert(sizeof...(States) == 0 || sizeof...(States) == (Cell::remembers ? 2 : 1),
                  "a recurrent cell is called with its input and all its states, or with the input alone");
    if constexpr (tenon::detail::is_rejected<X> || (tenon::detail::is_rejected<States> || ...)) {
      return rejected();
    } else if constexpr (shape_of_t<autograd::argument_t<X>>::rank == 1) {
      return without_batch(step(detail::with_axis<0>(x), detail::with_axis<0>(states)...));
    } else {
      return step(x, states...);
    }
  }

  static Text extra_repr() { return repr(Options{}, to_text(InputSize) + ", " + to_text(HiddenSize)); }

  RecurrentCellLayer() { tag::check<Derived>(Options{}); }

 private:
  static auto rejected() {
    if constexpr (Cell::remembers)
      return std::tuple<Rejected, Rejected>{};
    else
      return Rejected{};
  }
  template <class Y>
  static auto without_batch(const Y& y) {
    if constexpr (Cell::remembers)
      return std::tuple{detail::without_axis<0>(std::get<0>(y)), detail::without_axis<0>(std::get<1>(y))};
    else
      return detail::without_axis<0>(y);
  }
  template <class S>
  using wanted = Shape<S::dims[0], HiddenSize>;  // of states
  template <class X, class... States>
  auto step(const X& x, const States&... states) const {
    using S = shape_of_t<autograd::argument_t<X>>;
    if constexpr (S::rank != 2 || S::dims[S::rank - 1] != InputSize) {
      report(reject_t<Shown, expected_input<any, InputSize>, S>{});
      return rejected();
    } else if constexpr (!std::is_same_v<typename detail::Misfit<wanted<S>, States...>::type, wanted<S>>) {
      report(reject_t<Shown, expected_state<S::dims[0], HiddenSize>,
                      typename detail::Misfit<wanted<S>, States...>::type>{});
      return rejected();
    } else {
      const auto results = run(detail::with_axis<0>(x), states...);
      if constexpr (Cell::remembers)
        return std::tuple{std::get<1>(results), std::get<2>(results)};
      else
        return std::get<1>(results);
    }
  }
  /// A sequence of one step.
  template <class X, class Hidden = Absent, class Memory = Absent>
  auto run(const X& x, const Hidden& hidden = {}, const Memory& memory = {}) const {
    using Operation =
        tenon::operation::Recurrent<Shown, Cell, InputSize, HiddenSize, tenon::operation::TimeFirst, false>;
    const auto& layer = this->self();
    return apply(Operation{}, x, hidden, memory, layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh);
  }
};

/// `torch.nn.RNNCell(input_size, hidden_size, bias=True, nonlinearity=tanh)`: one step of an RNN, `hx = cell(x, hx)`,
/// (N, input_size) and (N, hidden_size) -> (N, hidden_size). Without `hx`: zeros.
///
/// Tags: bias<true>, nonlinearity<nn::tanh> or <nn::relu>. `weight_ih` is (hidden_size, input_size), `weight_hh`
/// (hidden_size, hidden_size), `bias_ih` and `bias_hh` (hidden_size), from U(-k, k), k = 1/sqrt(hidden_size).
///
///     nn::RNNCell<10, 20> cell;
///     Tensor<float, 3, 20> hx = cell(Tensor<float, 3, 10>{});
///     hx = cell(Tensor<float, 3, 10>{}, hx);
template <index_t InputSize, index_t HiddenSize, class... Tags>
class RNNCell
    : public RecurrentCellLayer<
          RNNCell<InputSize, HiddenSize, Tags...>, tenon::operation::RNNCell,
          recurrent::Simple<typename tag::type<detail::RecurrentCellOptions<tag::Given<Tags...>, detail::Nonlinearity>,
                                               nonlinearity>::type>,
          detail::RecurrentCellOptions<tag::Given<Tags...>, tag::UnlessDefault<detail::Nonlinearity>>, InputSize,
          HiddenSize, Tags...> {
 public:
  template <class... NewTags>
  using with_tags = RNNCell<InputSize, HiddenSize, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(RNNCell, (typename RNNCell::input_weight, weight_ih),
                           (typename RNNCell::hidden_weight, weight_hh), (typename RNNCell::bias_type, bias_ih),
                           (typename RNNCell::bias_type, bias_hh));

  RNNCell() { this->reset_parameters(); }
};

/// `torch.nn.LSTMCell(input_size, hidden_size, bias=True)`: one step of an LSTM, `std::tie(hx, cx) = cell(x, hx, cx)`.
///
/// Shapes, parameters and errors as of RNNCell, with 4 * hidden_size rows of the gates i, f, g, o.
///
///     nn::LSTMCell<10, 20> cell;
///     auto [hx, cx] = cell(Tensor<float, 3, 10>{});
///     std::tie(hx, cx) = cell(Tensor<float, 3, 10>{}, hx, cx);
template <index_t InputSize, index_t HiddenSize, class... Tags>
class LSTMCell : public RecurrentCellLayer<LSTMCell<InputSize, HiddenSize, Tags...>, tenon::operation::LSTMCell,
                                           recurrent::LongShortTerm, detail::RecurrentCellOptions<tag::Given<Tags...>>,
                                           InputSize, HiddenSize, Tags...> {
 public:
  template <class... NewTags>
  using with_tags = LSTMCell<InputSize, HiddenSize, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(LSTMCell, (typename LSTMCell::input_weight, weight_ih),
                           (typename LSTMCell::hidden_weight, weight_hh), (typename LSTMCell::bias_type, bias_ih),
                           (typename LSTMCell::bias_type, bias_hh));

  LSTMCell() { this->reset_parameters(); }
};

/// `torch.nn.GRUCell(input_size, hidden_size, bias=True)`: one step of a GRU, `hx = cell(x, hx)`.
///
/// Shapes, parameters and errors as of RNNCell, with 3 * hidden_size rows of the gates r, z, n.
///
///     nn::GRUCell<10, 20> cell;
///     Tensor<float, 3, 20> hx = cell(Tensor<float, 3, 10>{}, Tensor<float, 3, 20>{});
template <index_t InputSize, index_t HiddenSize, class... Tags>
class GRUCell
    : public RecurrentCellLayer<GRUCell<InputSize, HiddenSize, Tags...>, tenon::operation::GRUCell, recurrent::Gated,
                                detail::RecurrentCellOptions<tag::Given<Tags...>>, InputSize, HiddenSize, Tags...> {
 public:
  template <class... NewTags>
  using with_tags = GRUCell<InputSize, HiddenSize, NewTags...>;
  template <class Conversion>
  using rebind = convert_dtype_t<with_tags, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(GRUCell, (typename GRUCell::input_weight, weight_ih),
                           (typename GRUCell::hidden_weight, weight_hh), (typename GRUCell::bias_type, bias_ih),
                           (typename GRUCell::bias_type, bias_hh));

  GRUCell() { this->reset_parameters(); }
};

}  // namespace tenon::inline TENON_ISA::nn
