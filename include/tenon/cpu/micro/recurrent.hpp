/// \file
/// One direction of one recurrent layer over a batch of sequences, and its backward pass through time.
#pragma once

#include "../../core/recurrent_cell.hpp"
#include "../../core/sequence_rows.hpp"
#include "columns.hpp"
#include "gemm.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

namespace detail {
/// Elements j to j + count of `Count` rows of `size` elements each, as vectors.
template <class T, std::size_t Count>
TENON_ALWAYS_INLINE inline void load_rows(const T* rows, index_t size, index_t j, index_t count,
                                          Vector<T> (&v)[Count]) {
  for (std::size_t i = 0; i < Count; ++i)
    v[i] = load_up_to<Vector<T>>(rows + static_cast<index_t>(i) * size + j, count);
}
template <class T, std::size_t Count>
TENON_ALWAYS_INLINE inline void store_rows(const Vector<T> (&v)[Count], T* rows, index_t size, index_t j,
                                           index_t count) {
  for (std::size_t i = 0; i < Count; ++i) store_first<T>(v[i], rows + static_cast<index_t>(i) * size + j, count);
}
}  // namespace detail

/// A layer of `Cell`s over `rows`; with `reverse`, from the last step to the first.
template <class Cell, class T>
class RecurrentLayer {
  static constexpr int gates = Cell::gates, sums = Cell::sums, kept = Cell::kept;
  static constexpr bool shares_gradients = Cell::separate < 0;  // the sums over inputs and over hidden values
  using V = Vector<T>;
  template <int Count>
  using Vectors = V[std::size_t{Count}];

 public:
  using place = host;
  RecurrentLayer(const SequenceRows& rows, index_t inputs, index_t hidden, bool reverse)
      : rows_(rows), inputs_(inputs), hidden_(hidden), reverse_(reverse) {}

  /// From `x` (rows, inputs) the hidden values `y` (rows, hidden). `hidden` and `memory` (batch, hidden) are the states
  /// at first, and the last ones of each sequence afterwards; `memory` is null if the cell has none, and the record
  /// empty if nothing is to be kept.
  void forward(const T* x, const recurrent::Weights<T>& weights, T* y, T* hidden, T* memory,
               const recurrent::Record<T>& record) const {
    const index_t width = gates * hidden_, rows = rows_.rows();
    memory::Array<T> from_x(size(rows * width)), from_hidden(size(rows_.batch * width)),
        transposed(size(hidden_ * width));
    memory::Array<T> workspace(size(
        (std::max)(gemm_workspace_size<T>(rows, width, inputs_), gemm_workspace_size<T>(rows_.batch, width, hidden_))));
    gemm<T>(rows, width, inputs_, {x, inputs_, 1}, {weights.input, 1, inputs_},
            Start<T>::per_column(weights.input_bias), from_x.data(), width, workspace.data());
    detail::copy_matrix<T>(hidden_, width, {weights.hidden, 1, hidden_}, transposed.data(), width);
    T none[1]{};  // what a cell without memory has instead
    rows_.for_each_step(reverse_, [&](index_t first, index_t count) {
      gemm<T>(count, width, hidden_, {hidden, hidden_, 1}, {transposed.data(), width, 1},
              Start<T>::per_column(weights.hidden_bias), from_hidden.data(), width, workspace.data());
      for (index_t b = 0; b < count; ++b) {
        const index_t row = first + b * rows_.stride();
        T* const state = hidden + b * hidden_;
        if (record.old_hidden) std::copy_n(state, hidden_, record.old_hidden + row * hidden_);
        step(from_x.data() + row * width, from_hidden.data() + b * width, state,
             Cell::remembers ? memory + b * hidden_ : none, record.kept ? record.kept + row * kept * hidden_ : nullptr);
        std::copy_n(state, hidden_, y + row * hidden_);
      }
    });
  }

  /// From the gradient `grad_y` (rows, hidden), which may be null, and those of the last states in `grad_hidden` and
  /// `grad_memory` (batch, hidden), which end as those of the first states.
  void backward(const T* x, const recurrent::Weights<T>& weights, const recurrent::Record<T>& record, const T* grad_y,
                T* grad_hidden, T* grad_memory, const recurrent::Gradients<T>& grad) const {
    const index_t width = gates * hidden_, rows = rows_.rows();
    memory::Array<T> of_x(size(rows * width)), of_hidden(size(shares_gradients ? 0 : rows * width));
    T* const grad_x_sums = of_x.data();
    T* const grad_hidden_sums = shares_gradients ? grad_x_sums : of_hidden.data();
    memory::Array<T> workspace(size(
        (std::max)({gemm_workspace_size<T>(rows_.batch, hidden_, width), gemm_workspace_size<T>(rows, inputs_, width),
                    gemm_workspace_size<T>(width, inputs_, rows), gemm_workspace_size<T>(width, hidden_, rows)})));
    T none[1]{};
    rows_.for_each_step(!reverse_, [&](index_t first, index_t count) {
      for (index_t b = 0; b < count; ++b) {
        const index_t row = first + b * rows_.stride();
        T* const state = grad_hidden + b * hidden_;
        if (grad_y)
          map<T>(
              hidden_, [](const V& a, const V& g) TENON_ALWAYS_INLINE { return a + g; }, state,
              static_cast<const T*>(state), grad_y + row * hidden_);
        step_backward(record.kept + row * kept * hidden_, record.old_hidden + row * hidden_, state,
                      Cell::remembers ? grad_memory + b * hidden_ : none, grad_x_sums + row * width,
                      grad_hidden_sums + row * width);
      }
      gemm<T>(count, hidden_, width, {grad_hidden_sums + first * width, rows_.stride() * width, 1},
              {weights.hidden, hidden_, 1}, grad_hidden, hidden_, true, workspace.data());
    });
    if (grad.x)
      gemm<T>(rows, inputs_, width, {grad_x_sums, width, 1}, {weights.input, inputs_, 1}, grad.x, inputs_, true,
              workspace.data());
    if (grad.input)
      gemm<T>(width, inputs_, rows, {grad_x_sums, 1, width}, {x, inputs_, 1}, grad.input, inputs_, true,
              workspace.data());
    if (grad.hidden)
      gemm<T>(width, hidden_, rows, {grad_hidden_sums, 1, width}, {record.old_hidden, hidden_, 1}, grad.hidden, hidden_,
              true, workspace.data());
    const auto add_sums = [&](T* bias, const T* gradients) {
      if (bias)
        add_column_sums<T, 1>(
            rows, width, {bias}, [](const V&, const V& g) TENON_ALWAYS_INLINE { return std::array{g}; }, nullptr,
            gradients);
    };
    add_sums(grad.input_bias, grad_x_sums);
    add_sums(grad.hidden_bias, grad_hidden_sums);
  }

 private:
  static constexpr std::size_t size(index_t elements) { return static_cast<std::size_t>(elements); }

  /// One step of one sequence: sums (gates, hidden), states (hidden), kept values (kept, hidden) or null.
  TENON_FLATTEN void step(const T* x, const T* h, T* hidden, T* memory, T* keep) const {
    for (index_t j = 0; j < hidden_; j += lanes<T>) {
      const index_t count = (std::min)(hidden_ - j, lanes<T>);
      Vectors<gates> from_x, from_hidden;
      Vectors<sums> sum;
      Vectors<kept> values;
      Vectors<1> state, remembered{V(T(0))};
      detail::load_rows<T>(x, hidden_, j, count, from_x);
      detail::load_rows<T>(h, hidden_, j, count, from_hidden);
      for (int g = 0; g < gates; ++g) sum[g] = g == Cell::separate ? from_x[g] : from_x[g] + from_hidden[g];
      if constexpr (!shares_gradients) sum[gates] = from_hidden[Cell::separate];
      detail::load_rows<T>(hidden, hidden_, j, count, state);
      if constexpr (Cell::remembers) detail::load_rows<T>(memory, hidden_, j, count, remembered);
      Cell::step(sum, state[0], remembered[0], values);
      detail::store_rows<T>(state, hidden, hidden_, j, count);
      if constexpr (Cell::remembers) detail::store_rows<T>(remembered, memory, hidden_, j, count);
      if (keep) detail::store_rows<T>(values, keep, hidden_, j, count);
    }
  }
  TENON_FLATTEN void step_backward(const T* keep, const T* old_hidden, T* grad_hidden, T* grad_memory, T* grad_x,
                                   T* grad_h) const {
    for (index_t j = 0; j < hidden_; j += lanes<T>) {
      const index_t count = (std::min)(hidden_ - j, lanes<T>);
      Vectors<kept> values;
      Vectors<1> old, state, remembered{V(T(0))};
      Vectors<sums> of_sum;
      Vectors<gates> of_gate;
      detail::load_rows<T>(keep, hidden_, j, count, values);
      detail::load_rows<T>(old_hidden, hidden_, j, count, old);
      detail::load_rows<T>(grad_hidden, hidden_, j, count, state);
      if constexpr (Cell::remembers) detail::load_rows<T>(grad_memory, hidden_, j, count, remembered);
      Cell::backward(values, old[0], state[0], remembered[0], of_sum);
      for (int g = 0; g < gates; ++g) of_gate[g] = of_sum[g];
      detail::store_rows<T>(state, grad_hidden, hidden_, j, count);
      if constexpr (Cell::remembers) detail::store_rows<T>(remembered, grad_memory, hidden_, j, count);
      detail::store_rows<T>(of_gate, grad_x, hidden_, j, count);
      if constexpr (!shares_gradients) {
        of_gate[Cell::separate] = of_sum[gates];
        detail::store_rows<T>(of_gate, grad_h, hidden_, j, count);
      }
    }
  }

  SequenceRows rows_;
  index_t inputs_, hidden_;
  bool reverse_;
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
