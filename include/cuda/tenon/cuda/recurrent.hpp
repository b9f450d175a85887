/// \file
/// Recurrent layers on the device. Pointers are to device memory.
#pragma once

#include <tenon/nn/recurrence.hpp>

#include "gemm.hpp"
#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// The weights of one direction of a layer: `input` (gates * hidden, inputs), `hidden` (gates * hidden, hidden), and
/// biases (gates * hidden), which may be null.
template <class T>
struct RecurrentWeights {
  const T *input, *hidden, *input_bias, *hidden_bias;
};

/// What the forward pass keeps of each row: `kept` (rows, Cell::kept, hidden) and the hidden values before it,
/// `old_hidden` (rows, hidden). Null where nothing is kept.
template <class T>
struct RecurrentRecord {
  T *kept = nullptr, *old_hidden = nullptr;
};

/// Computes one unit of one sequence in one step, whose rows begin at `first`, `stride` apart: `x_sums` (rows, gates,
/// hidden), `hidden_sums` (batch, gates, hidden), `state` and `memory` (batch, hidden), `y` (rows, hidden).
template <class Cell, class T>
struct RecurrentStep {
  index_t hidden, first, stride;
  const T *x_sums, *hidden_sums, *input_bias, *hidden_bias;
  T *state, *memory, *y;
  RecurrentRecord<T> record;

  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t unit = i % hidden, row = first + i / hidden * stride;
    T sum[std::size_t{Cell::sums}], keep[std::size_t{Cell::kept}], remembered = Cell::remembers ? memory[i] : T(0);
    for (int g = 0; g < Cell::gates; ++g) {
      const index_t at = g * hidden + unit;
      const T of_x = x_sums[row * Cell::gates * hidden + at] + (input_bias ? input_bias[at] : T(0));
      const T of_hidden = hidden_sums[i / hidden * Cell::gates * hidden + at] + (hidden_bias ? hidden_bias[at] : T(0));
      sum[g] = g == Cell::separate ? of_x : of_x + of_hidden;
      if (g == Cell::separate) sum[Cell::sums - 1] = of_hidden;
    }
    if (record.old_hidden) record.old_hidden[row * hidden + unit] = state[i];
    Cell::step(sum, state[i], remembered, keep);
    if (Cell::remembers) memory[i] = remembered;
    y[row * hidden + unit] = state[i];
    if (record.kept)
      for (int k = 0; k < Cell::kept; ++k) record.kept[(row * Cell::kept + k) * hidden + unit] = keep[k];
  }
};

/// Computes the gradients of one unit of one sequence in one step: of its sums over the input and over the hidden
/// values, `x_sums` and `hidden_sums` (rows, gates, hidden), the latter also in `step_sums` (batch, gates, hidden),
/// from `grad_y` (rows, hidden), which may be null, and `state` and `memory` (batch, hidden), which move on.
template <class Cell, class T>
struct RecurrentStepGradient {
  index_t hidden, first, stride;
  RecurrentRecord<T> record;
  const T* grad_y;
  T *state, *memory, *x_sums, *hidden_sums, *step_sums;

  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t unit = i % hidden, row = first + i / hidden * stride;
    T keep[std::size_t{Cell::kept}], sum[std::size_t{Cell::sums}], remembered = Cell::remembers ? memory[i] : T(0);
    for (int k = 0; k < Cell::kept; ++k) keep[k] = record.kept[(row * Cell::kept + k) * hidden + unit];
    T gradient = state[i] + (grad_y ? grad_y[row * hidden + unit] : T(0));
    Cell::backward(keep, record.old_hidden[row * hidden + unit], gradient, remembered, sum);
    state[i] = gradient;
    if (Cell::remembers) memory[i] = remembered;
    for (int g = 0; g < Cell::gates; ++g) {
      const index_t at = (row * Cell::gates + g) * hidden + unit;
      const T of_hidden = sum[g == Cell::separate ? Cell::sums - 1 : g];
      x_sums[at] = sum[g];
      hidden_sums[at] = of_hidden;
      step_sums[(i / hidden * Cell::gates + g) * hidden + unit] = of_hidden;
    }
  }
};

/// A layer of `Cell`s over `rows`, from the last step to the first with `reverse`.
template <class Cell, class T>
class RecurrentLayer {
 public:
  RecurrentLayer(const SequenceRows& rows, index_t inputs, index_t hidden, bool reverse)
      : rows_(rows), inputs_(inputs), hidden_(hidden), width_(Cell::gates * hidden), reverse_(reverse) {}

  /// Elements of the workspace of `forward`.
  static constexpr index_t workspace_size(const SequenceRows& rows, index_t hidden) {
    return (rows.rows() + rows.batch) * Cell::gates * hidden;
  }
  /// Computes from `x` (rows, inputs) the hidden values `y` (rows, hidden). `hidden` and `memory` (batch, hidden) are
  /// the states at first, and the last ones of each sequence afterwards; `memory` is null if the cell has none.
  void forward(const T* x, const RecurrentWeights<T>& weights, T* y, T* hidden, T* memory,
               const RecurrentRecord<T>& record, T* workspace) const {
    T *const x_sums = workspace, *const hidden_sums = workspace + rows_.rows() * width_;
    gemm<T>({.m = rows_.rows(), .n = width_, .k = inputs_, .b = Stored::transposed}, x, weights.input, x_sums);
    for_each_step(reverse_, [&](index_t first, index_t count) {
      gemm<T>({.m = count, .n = width_, .k = hidden_, .b = Stored::transposed}, hidden, weights.hidden, hidden_sums);
      launch(count * hidden_,
             RecurrentStep<Cell, T>{hidden_, first, rows_.stride(), x_sums, hidden_sums, weights.input_bias,
                                    weights.hidden_bias, hidden, memory, y, record});
    });
  }

  /// The gradients of the sums, (rows, gates, hidden) each.
  struct SumGradients {
    Array<T> of_x, of_hidden;
  };
  /// Computes the gradients of the sums from `grad_y` (rows, hidden), which may be null, and from those of the last
  /// states in `grad_hidden` and `grad_memory` (batch, hidden), which end as those of the first states.
  SumGradients backward(const T* hidden_weight, const RecurrentRecord<T>& record, const T* grad_y, T* grad_hidden,
                        T* grad_memory) const {
    SumGradients sums{Array<T>(rows_.rows() * width_), Array<T>(rows_.rows() * width_)};
    Array<T> of_step(rows_.batch * width_);
    for_each_step(!reverse_, [&](index_t first, index_t count) {
      launch(count * hidden_,
             RecurrentStepGradient<Cell, T>{hidden_, first, rows_.stride(), record, grad_y, grad_hidden, grad_memory,
                                            sums.of_x.data(), sums.of_hidden.data(), of_step.data()});
      gemm<T>({.m = count, .n = hidden_, .k = width_, .accumulate = true}, of_step.data(), hidden_weight, grad_hidden);
    });
    return sums;
  }

 private:
  template <class F>
  void for_each_step(bool from_the_end, F&& f) const {
    for (index_t i = 0; i < rows_.steps; ++i) {
      const index_t t = from_the_end ? rows_.steps - 1 - i : i;
      if (const index_t count = rows_.count(t); count > 0) f(rows_.first(t), count);
    }
  }

  SequenceRows rows_;
  index_t inputs_, hidden_, width_;
  bool reverse_;
};

template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct Kernel<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> {
  using Operation = operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>;
  static constexpr index_t width = Cell::gates * Hidden;
  struct Saved {
    Array<std::byte> record;
  };

  template <class Y, class X, class H, class C, class W, class V, class B>
  static void forward(const Operation& recurrent, Saved* saved, Y& results, const X& x, const H& hidden,
                      const C& memory, const W& weight_ih, const V& weight_hh, const B& bias_ih, const B& bias_hh) {
    using T = typename X::value_type;
    const SequenceRows rows = recurrent.rows(shape_of_t<X>{});
    auto& y = std::get<0>(results);
    T* const last_hidden = start(std::get<1>(results), hidden);
    T* last_memory = nullptr;
    if constexpr (Cell::remembers) last_memory = start(std::get<2>(results), memory);
    if (saved) saved->record = Array<std::byte>(rows.rows() * Hidden * (Cell::kept + 1) * index_t{sizeof(T)});
    const RecurrentRecord<T> record = saved ? parts<T>(rows, saved->record) : RecurrentRecord<T>{};
    Array<T> workspace(RecurrentLayer<Cell, T>::workspace_size(rows, Hidden));
    layer<T>(rows).forward(x.data(),
                           {weight_ih.data(), weight_hh.data(), elements_or_null(bias_ih), elements_or_null(bias_hh)},
                           y.data(), last_hidden, last_memory, record, workspace.data());
    const index_t used = rows.rows() * Hidden, all = shape_of_t<X>::size / Inputs * Hidden;
    device::fill(y.data() + used, all - used, T(0));  // behind packed sequences
  }

  template <class Y, class GradY, class X, class H, class C, class W, class V, class B>
  static void backward(const Operation& recurrent, const Saved& saved, const Y&, const GradY& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<H>& hidden, const autograd::Input<C>& memory,
                       const autograd::Input<W>& weight_ih, const autograd::Input<V>& weight_hh,
                       const autograd::Input<B>& bias_ih, const autograd::Input<B>& bias_hh) {
    using T = typename X::value_type;
    const SequenceRows rows = recurrent.rows(shape_of_t<X>{});
    const index_t count = rows.rows(), states = rows.batch * Hidden;
    Array<T> grad_hidden(states), grad_memory(Cell::remembers ? states : 0);
    start_gradient(std::get<1>(grad_y), states, grad_hidden.data());
    if constexpr (Cell::remembers) start_gradient(std::get<2>(grad_y), states, grad_memory.data());
    const auto* const given_y = std::get<0>(grad_y);
    const RecurrentRecord<T> record = parts<T>(rows, saved.record);
    const auto sums = layer<T>(rows).backward(weight_hh.value.data(), record, given_y ? given_y->data() : nullptr,
                                              grad_hidden.data(), grad_memory.data());
    if (T* const grad = x.grad_to_add())
      gemm<T>({.m = count, .n = Inputs, .k = width, .accumulate = true}, sums.of_x.data(), weight_ih.value.data(),
              grad);
    if (T* const grad = weight_ih.grad_to_add())
      gemm<T>({.m = width, .n = Inputs, .k = count, .a = Stored::transposed, .accumulate = true}, sums.of_x.data(),
              x.value.data(), grad);
    if (T* const grad = weight_hh.grad_to_add())
      gemm<T>({.m = width, .n = Hidden, .k = count, .a = Stored::transposed, .accumulate = true}, sums.of_hidden.data(),
              static_cast<const T*>(record.old_hidden), grad);
    if (T* const grad = bias_ih.grad_to_add()) add_channel_sums(count, width, 1, ElementOf<T>{sums.of_x.data()}, grad);
    if (T* const grad = bias_hh.grad_to_add())
      add_channel_sums(count, width, 1, ElementOf<T>{sums.of_hidden.data()}, grad);
    add_gradient(states, grad_hidden.data(), hidden);
    add_gradient(states, grad_memory.data(), memory);
  }

 private:
  template <class T>
  static RecurrentRecord<T> parts(const SequenceRows& rows, const Array<std::byte>& record) {
    T* const kept = const_cast<T*>(reinterpret_cast<const T*>(record.data()));
    return {kept, kept + rows.rows() * Hidden * Cell::kept};
  }
  template <class T>
  static RecurrentLayer<Cell, T> layer(const SequenceRows& rows) {
    return {rows, Inputs, Hidden, Reverse};
  }
  /// Returns the state (batch, hidden) that a result begins as: the one given, or zeros.
  template <class Result, class State>
  static auto* start(Result& result, const State& given) {
    using T = typename Result::value_type;
    if constexpr (std::is_same_v<State, Absent>)
      device::fill(result.data(), shape_of_t<Result>::size, T(0));
    else
      device::copy(given.data(), shape_of_t<Result>::size, result.data());
    return result.data();
  }
  template <class R, class T>
  static void start_gradient(const R* given, index_t count, T* gradient) {
    if (given)
      device::copy(given->data(), count, gradient);
    else
      device::fill(gradient, count, T(0));
  }
  template <class T, class State>
  static void add_gradient(index_t count, const T* gradient, const autograd::Input<State>& state) {
    if (T* const sum = state.grad_to_add()) device::map_gradient(count, true, pointwise::Identity{}, sum, gradient);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
