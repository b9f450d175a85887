/// \file
/// Recurrent layers on the device. Pointers are to device memory.
#pragma once

#include <tenon/nn/recurrence.hpp>

#include "gemm.hpp"
#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Computes one unit of one sequence in one step, whose rows begin at `first`, `stride` apart: `x_sums` (rows, gates,
/// hidden), `hidden_sums` (batch, gates, hidden), `state` and `memory` (batch, hidden), `y` (rows, hidden).
template <class Cell, class T>
struct RecurrentStep {
  index_t hidden, first, stride;
  const T *x_sums, *hidden_sums, *input_bias, *hidden_bias;
  T *state, *memory, *y;
  recurrent::Record<T> record;

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
  recurrent::Record<T> record;
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
  using place = device;
  RecurrentLayer(const SequenceRows& rows, index_t inputs, index_t hidden, bool reverse)
      : rows_(rows), inputs_(inputs), hidden_(hidden), width_(Cell::gates * hidden), reverse_(reverse) {}

  /// Elements of the workspace of `forward`.
  static constexpr index_t workspace_size(const SequenceRows& rows, index_t hidden) {
    return (rows.rows() + rows.batch) * Cell::gates * hidden;
  }
  /// Computes from `x` (rows, inputs) the hidden values `y` (rows, hidden). `hidden` and `memory` (batch, hidden) are
  /// the states at first, and the last ones of each sequence afterwards; `memory` is null if the cell has none.
  void forward(const T* x, const recurrent::Weights<T>& weights, T* y, T* hidden, T* memory,
               const recurrent::Record<T>& record, T* workspace) const {
    T *const x_sums = workspace, *const hidden_sums = workspace + rows_.rows() * width_;
    gemm<T>({.m = rows_.rows(), .n = width_, .k = inputs_, .b = Stored::transposed}, x, weights.input, x_sums);
    rows_.for_each_step(reverse_, [&](index_t first, index_t count) {
      gemm<T>({.m = count, .n = width_, .k = hidden_, .b = Stored::transposed}, hidden, weights.hidden, hidden_sums);
      launch(count * hidden_,
             RecurrentStep<Cell, T>{hidden_, first, rows_.stride(), x_sums, hidden_sums, weights.input_bias,
                                    weights.hidden_bias, hidden, memory, y, record});
    });
  }

  /// The same with a workspace of its own.
  void forward(const T* x, const recurrent::Weights<T>& weights, T* y, T* hidden, T* memory,
               const recurrent::Record<T>& record) const {
    Array<T> workspace(workspace_size(rows_, hidden_));
    forward(x, weights, y, hidden, memory, record, workspace.data());
  }

  /// Adds gradients from `grad_y` (rows, hidden), which may be null, and from those of the last states in `grad_hidden`
  /// and `grad_memory` (batch, hidden), which end as those of the first states.
  void backward(const T* x, const recurrent::Weights<T>& weights, const recurrent::Record<T>& record, const T* grad_y,
                T* grad_hidden, T* grad_memory, const recurrent::Gradients<T>& grad) const {
    const index_t rows = rows_.rows();
    Array<T> x_sums(rows * width_), hidden_sums(rows * width_), step_sums(rows_.batch * width_);
    rows_.for_each_step(!reverse_, [&](index_t first, index_t count) {
      launch(count * hidden_,
             RecurrentStepGradient<Cell, T>{hidden_, first, rows_.stride(), record, grad_y, grad_hidden, grad_memory,
                                            x_sums.data(), hidden_sums.data(), step_sums.data()});
      gemm<T>({.m = count, .n = hidden_, .k = width_, .accumulate = true}, step_sums.data(), weights.hidden,
              grad_hidden);
    });
    if (grad.x)
      gemm<T>({.m = rows, .n = inputs_, .k = width_, .accumulate = true}, x_sums.data(), weights.input, grad.x);
    const auto add_weights = [&](const Array<T>& sums, index_t columns, const T* from, T* to) {
      if (to)
        gemm<T>({.m = width_, .n = columns, .k = rows, .a = Stored::transposed, .accumulate = true}, sums.data(), from,
                to);
    };
    add_weights(x_sums, inputs_, x, grad.input);
    add_weights(hidden_sums, hidden_, record.old_hidden, grad.hidden);
    if (grad.input_bias) add_channel_sums(rows, width_, 1, ElementOf<T>{x_sums.data()}, grad.input_bias);
    if (grad.hidden_bias) add_channel_sums(rows, width_, 1, ElementOf<T>{hidden_sums.data()}, grad.hidden_bias);
  }

 private:
  SequenceRows rows_;
  index_t inputs_, hidden_, width_;
  bool reverse_;
};

namespace detail {
template <class Cell>
struct RecurrentLayerOf {
  template <class T>
  using type = RecurrentLayer<Cell, T>;
};
}  // namespace detail

template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct Kernel<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>>
    : operation::RecurrentKernel<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>,
                                 detail::RecurrentLayerOf<Cell>::template type> {};

}  // namespace tenon::inline TENON_ISA::cuda
