/// \file
/// What recurrent layers and cells are made of: the operation of one direction of one layer, and the helpers with which
/// they put its results together.
#pragma once

#include "../core/recurrent_cell.hpp"
#include "../core/sequence_rows.hpp"
#include "functional.hpp"
#include "packed_sequence.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

// What errors call the layers.
struct RNN {
  static constexpr std::string_view name = "RNN";
};
struct LSTM {
  static constexpr std::string_view name = "LSTM";
};
struct GRU {
  static constexpr std::string_view name = "GRU";
};
struct RNNCell {
  static constexpr std::string_view name = "RNNCell";
};
struct LSTMCell {
  static constexpr std::string_view name = "LSTMCell";
};
struct GRUCell {
  static constexpr std::string_view name = "GRUCell";
};

/// Sequences as (steps, batch, features).
struct TimeFirst {
  template <index_t T, index_t N, index_t F>
  static constexpr SequenceRows rows(Shape<T, N, F>) {
    return {T, N};
  }
  template <class S>
  static constexpr index_t batch = S::dims[1];
  template <index_t F>
  using expected = expected_input<any, any, F>;
};
/// Sequences as (batch, steps, features).
struct BatchFirst {
  template <index_t N, index_t T, index_t F>
  static constexpr SequenceRows rows(Shape<N, T, F>) {
    return {T, N, true};
  }
  template <class S>
  static constexpr index_t batch = S::dims[0];
  template <index_t F>
  using expected = expected_input<any, any, F>;
};
/// The rows of a PackedSequence of up to `Batch` sequences of up to `Steps` elements each.
template <index_t Steps, index_t Batch>
struct Packed {
  PackedLengthsPointer lengths;
  template <index_t F>
  SequenceRows rows(Shape<Steps * Batch, F>) const {
    return {Steps, Batch, false, lengths->starts.data()};
  }
  template <class S>
  static constexpr index_t batch = Batch;
  template <index_t F>
  using expected = expected_input<Steps * Batch, F>;
};

/// One direction of one layer: inputs (*, Inputs), first states (N, Hidden) and weights make hidden values (*, Hidden)
/// and last states (N, Hidden). Arguments are the input, the hidden state, the memory (Absent where the cell has none
/// or it is zeros), and `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct Recurrent {
  static constexpr std::string_view name = Shown::name;
  static constexpr autograd::Needs backward_needs{.everything = true};  // but the results

  [[no_unique_address]] Order order;

  template <class S>
  constexpr SequenceRows rows(S shape) const {
    return order.rows(shape);
  }

  template <class S, class... Rest>
  static consteval auto output_shape(S, Rest...) {
    if constexpr (!fits<S>)
      return reject_t<Shown, typename Order::template expected<Inputs>, S>{};
    else
      return states(replace_extent_t<S, S::rank - 1, Hidden>{});
  }
  template <class S, class... Rest>
  static consteval index_t multiply_adds(S, Rest...) {
    return S::size / Inputs * Cell::gates * Hidden * (Inputs + Hidden);
  }

 private:
  template <class S>
  static constexpr bool fits = [] {
    if constexpr (requires(const Order& o) { o.rows(S{}); })
      return S::dims[S::rank - 1] == Inputs;
    else
      return false;
  }();
  template <class Y>
  static consteval auto states(Y) {
    constexpr index_t batch = batch_of<Y>;
    if constexpr (Cell::remembers)
      return Shapes<Y, Shape<batch, Hidden>, Shape<batch, Hidden>>{};
    else
      return Shapes<Y, Shape<batch, Hidden>>{};
  }
  template <class Y>
  static constexpr index_t batch_of = Order::template batch<Y>;
};

/// The kernel of a Recurrent at any place, by `Layer<T>` of that place, which is made of the rows, the numbers of
/// inputs and of hidden units, and whether it is reversed. It has two functions: `forward(x, weights, y, hidden,
/// memory, record)`, which moves the states, and `backward(x, weights, record, grad_y, grad_hidden, grad_memory,
/// gradients)`, which moves the states' gradients.
///
/// All are pointers, or structures of pointers in core/recurrent_cell.hpp. `memory` and `grad_memory` are those of a
/// cell that remembers; `grad_y` may be null.
template <class Operation, template <class> class Layer>
struct RecurrentKernel;
template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse,
          template <class> class Layer>
struct RecurrentKernel<Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>, Layer> {
  using Operation = Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>;
  using Place = typename Layer<float>::place;
  /// The two parts of a Record, one behind the other.
  struct Saved {
    typename Place::template array<std::byte> record;
  };

  template <class Y, class X, class H, class C, class W, class V, class B>
  static void forward(const Operation& operation, Saved* saved, Y& results, const X& x, const H& hidden,
                      const C& memory, const W& weight_ih, const V& weight_hh, const B& bias_ih, const B& bias_hh) {
    using T = typename X::value_type;
    const SequenceRows rows = operation.rows(shape_of_t<X>{});
    T* const y = std::get<0>(results).data();
    T* const last_hidden = start(std::get<1>(results), hidden);
    T* last_memory = nullptr;
    if constexpr (Cell::remembers) last_memory = start(std::get<2>(results), memory);
    if (saved) saved->record = make_array<std::byte>(rows.rows() * Hidden * (Cell::kept + 1) * index_t{sizeof(T)});
    Layer<T>(rows, Inputs, Hidden, Reverse)
        .forward(x.data(), weights<T>(weight_ih, weight_hh, bias_ih, bias_hh), y, last_hidden, last_memory,
                 saved ? parts<T>(rows, *saved) : recurrent::Record<T>{});
    const index_t used = rows.rows() * Hidden;
    Place::fill(y + used, shape_of_t<X>::size / Inputs * Hidden - used, T(0));  // behind packed sequences
  }

  template <class Y, class GradY, class X, class H, class C, class W, class V, class B>
  static void backward(const Operation& operation, const Saved& saved, const Y&, const GradY& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<H>& hidden, const autograd::Input<C>& memory,
                       const autograd::Input<W>& weight_ih, const autograd::Input<V>& weight_hh,
                       const autograd::Input<B>& bias_ih, const autograd::Input<B>& bias_hh) {
    using T = typename X::value_type;
    const SequenceRows rows = operation.rows(shape_of_t<X>{});
    const index_t states = rows.batch * Hidden;
    auto grad_hidden = make_array<T>(states), grad_memory = make_array<T>(Cell::remembers ? states : 0);
    start_gradient(std::get<1>(grad_y), states, grad_hidden.data());
    if constexpr (Cell::remembers) start_gradient(std::get<2>(grad_y), states, grad_memory.data());
    const auto* const given_y = std::get<0>(grad_y);
    // In the order of the arguments: of two that are one Variable the first clears the gradient, and both add to it.
    Layer<T>(rows, Inputs, Hidden, Reverse)
        .backward(x.value.data(), weights<T>(weight_ih.value, weight_hh.value, bias_ih.value, bias_hh.value),
                  parts<T>(rows, saved), given_y ? given_y->data() : nullptr, grad_hidden.data(), grad_memory.data(),
                  recurrent::Gradients<T>{x.grad_to_add(), weight_ih.grad_to_add(), weight_hh.grad_to_add(),
                                          bias_ih.grad_to_add(), bias_hh.grad_to_add()});
    add_gradient(states, grad_hidden.data(), hidden);
    add_gradient(states, grad_memory.data(), memory);
  }

 private:
  template <class T>
  static auto make_array(index_t count) {
    return typename Place::template array<T>(static_cast<std::size_t>(count));
  }
  template <class T>
  static recurrent::Record<T> parts(const SequenceRows& rows, const Saved& saved) {
    T* const kept = reinterpret_cast<T*>(const_cast<std::byte*>(saved.record.data()));
    return {kept, kept + rows.rows() * Hidden * Cell::kept};
  }
  template <class T, class W, class V, class B>
  static recurrent::Weights<T> weights(const W& weight_ih, const V& weight_hh, const B& bias_ih, const B& bias_hh) {
    return {weight_ih.data(), weight_hh.data(), elements_or_null(bias_ih), elements_or_null(bias_hh)};
  }
  /// Returns the state (batch, hidden) that a result begins as: the one given, or zeros.
  template <class Result, class State>
  static auto* start(Result& result, const State& given) {
    if constexpr (std::is_same_v<State, Absent>)
      Place::fill(result.data(), shape_of_t<Result>::size, typename Result::value_type(0));
    else
      Place::copy(given.data(), shape_of_t<Result>::size, result.data());
    return result.data();
  }
  template <class R, class T>
  static void start_gradient(const R* given, index_t count, T* gradient) {
    if (given)
      Place::copy(given->data(), count, gradient);
    else
      Place::fill(gradient, count, T(0));
  }
  template <class T, class State>
  static void add_gradient(index_t count, const T* gradient, const autograd::Input<State>& state) {
    if (T* const sum = state.grad_to_add()) Place::map_gradient(count, true, pointwise::Identity{}, sum, gradient);
  }
};

}  // namespace operation

namespace nn {

/// `nonlinearity<nn::tanh>`
inline constexpr struct tanh_t {
} tanh{};
/// `nonlinearity<nn::relu>`
inline constexpr struct relu_t {
} relu{};

namespace detail {

/// What `nonlinearity<...>` names.
template <class Tag>
struct NonlinearityOf {
  static constexpr bool known = false;
  static constexpr std::string_view value = "tanh";
  using type = pointwise::Tanh;
};
template <tanh_t Function>
struct NonlinearityOf<nonlinearity<Function>> {
  static constexpr bool known = true;
  static constexpr std::string_view value = "tanh";
  using type = pointwise::Tanh;
};
template <relu_t Function>
struct NonlinearityOf<nonlinearity<Function>> {
  static constexpr bool known = true;
  static constexpr std::string_view value = "relu";
  using type = pointwise::Relu;
};
/// The option that names a function.
struct Nonlinearity : tag::Declaration<nonlinearity<tanh>> {
  template <class Tag>
  static constexpr bool fits = NonlinearityOf<Tag>::known;
  template <class Tag>
  using result = NonlinearityOf<Tag>;
  static Text repr(std::string_view name) { return Text(name); }
};

/// The extents of `S` with one of 1 before axis `Axis`, or without axis `Axis`.
template <class S, std::size_t Axis>
struct WithAxis {
  static constexpr auto value = [] {
    std::array<index_t, S::rank + 1> result{};
    for (std::size_t a = 0, from = 0; a < result.size(); ++a) result[a] = a == Axis ? 1 : S::dims[from++];
    return result;
  }();
};
template <class S, std::size_t Axis>
struct WithoutAxis {
  static constexpr auto value = [] {
    std::array<index_t, S::rank - 1> result{};
    for (std::size_t a = 0, to = 0; a < S::rank; ++a)
      if (a != Axis) result[to++] = S::dims[a];
    return result;
  }();
};
template <index_t... D, class X>
auto reshape_to(Shape<D...>, const X& x) {
  return apply(tenon::operation::Reshape<D...>{}, x);
}
template <std::size_t Axis, class X>
auto with_axis(const X& x) {
  if constexpr (std::is_same_v<X, Absent> || tenon::detail::is_rejected<X>)
    return x;
  else
    return reshape_to(typename shape_from<WithAxis<shape_of_t<X>, Axis>>::type{}, x);
}
template <std::size_t Axis, class X>
auto without_axis(const X& x) {
  if constexpr (tenon::detail::is_rejected<X>)
    return x;
  else
    return reshape_to(typename shape_from<WithoutAxis<shape_of_t<X>, Axis>>::type{}, x);
}

/// The states of several directions, (N, H) each, as one (directions, N, H).
template <class... State>
auto stack(const State&... states) {
  if constexpr (sizeof...(State) == 1)
    return with_axis<0>(states...);
  else
    return apply(tenon::operation::Cat<0>{}, with_axis<0>(states)...);
}

/// The first of the shapes of states that is not `Wanted`; `Wanted` if all are.
template <class Wanted, class... State>
struct Misfit {
  using type = Wanted;
};
template <class Wanted, class First, class... Rest>
struct Misfit<Wanted, First, Rest...> {
  using shape = shape_of_t<autograd::argument_t<First>>;
  using type = std::conditional_t<std::is_same_v<shape, Wanted>, typename Misfit<Wanted, Rest...>::type, shape>;
};

}  // namespace detail
}  // namespace nn
}  // namespace tenon::inline TENON_ISA
