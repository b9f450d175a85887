/// \file
/// Recurrent layers on the CPU.
#pragma once

#include "../nn/recurrence.hpp"
#include "micro/recurrent.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct Kernel<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> {
  using Operation = operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>;
  /// The two parts of a RecurrentRecord, one behind the other.
  struct Saved {
    memory::Array<std::byte> record;
  };

  template <class Y, class X, class H, class C, class W, class B>
  static void forward(const Operation& recurrent, Saved* saved, Y& results, const X& x, const H& hidden,
                      const C& memory, const W& weight_ih, const auto& weight_hh, const B& bias_ih, const B& bias_hh) {
    using T = typename X::value_type;
    const SequenceRows rows = recurrent.rows(shape_of_t<X>{});
    auto& y = std::get<0>(results);
    T* const last_hidden = start(std::get<1>(results), hidden);
    T* last_memory = nullptr;
    if constexpr (Cell::remembers) last_memory = start(std::get<2>(results), memory);
    if (saved) saved->record = memory::Array<std::byte>(record_elements(rows) * sizeof(T));
    const micro::RecurrentRecord<T> record = saved ? parts<T>(rows, saved->record.data()) : micro::RecurrentRecord<T>{};
    layer<T>(rows).forward(x.data(), weights<T>(weight_ih, weight_hh, bias_ih, bias_hh), y.data(), last_hidden,
                           last_memory, record);
    std::fill(y.data() + rows.rows() * Hidden, y.data() + y.size(), T(0));  // behind packed sequences
  }

  template <class Y, class GradY, class X, class H, class C, class W, class V, class B>
  static void backward(const Operation& recurrent, const Saved& saved, const Y&, const GradY& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<H>& hidden, const autograd::Input<C>& memory,
                       const autograd::Input<W>& weight_ih, const autograd::Input<V>& weight_hh,
                       const autograd::Input<B>& bias_ih, const autograd::Input<B>& bias_hh) {
    using T = typename X::value_type;
    const SequenceRows rows = recurrent.rows(shape_of_t<X>{});
    const auto states = static_cast<std::size_t>(rows.batch * Hidden);
    memory::Array<T> grad_hidden(states), grad_memory(Cell::remembers ? states : 0);
    start_gradient(std::get<1>(grad_y), grad_hidden);
    if constexpr (Cell::remembers) start_gradient(std::get<2>(grad_y), grad_memory);
    // In this order: an input that is two arguments is cleared once and added to twice.
    T* const grad_x = x.grad_to_add();
    const auto* const given_y = std::get<0>(grad_y);
    auto* const saved_bytes = const_cast<std::byte*>(saved.record.data());
    layer<T>(rows).backward(
        x.value.data(), weights<T>(weight_ih.value, weight_hh.value, bias_ih.value, bias_hh.value),
        parts<T>(rows, saved_bytes), given_y ? given_y->data() : nullptr, grad_hidden.data(), grad_memory.data(),
        {grad_x, weight_ih.grad_to_add(), weight_hh.grad_to_add(), bias_ih.grad_to_add(), bias_hh.grad_to_add()});
    add_gradient(grad_hidden, hidden);
    add_gradient(grad_memory, memory);
  }

 private:
  static std::size_t record_elements(const SequenceRows& rows) {
    return static_cast<std::size_t>(rows.rows() * Hidden * (Cell::kept + 1));
  }
  template <class T>
  static micro::RecurrentRecord<T> parts(const SequenceRows& rows, std::byte* record) {
    T* const kept = reinterpret_cast<T*>(record);
    return {kept, kept + rows.rows() * Hidden * Cell::kept};
  }
  template <class T>
  static micro::RecurrentLayer<Cell, T> layer(const SequenceRows& rows) {
    return {rows, Inputs, Hidden, Reverse};
  }
  template <class T, class W, class V, class B>
  static micro::RecurrentWeights<T> weights(const W& weight_ih, const V& weight_hh, const B& bias_ih,
                                            const B& bias_hh) {
    return {weight_ih.data(), weight_hh.data(), elements_or_null(bias_ih), elements_or_null(bias_hh)};
  }
  /// The state (batch, hidden) that a result begins as: the one given, or zeros.
  template <class Result, class State>
  static auto* start(Result& result, const State& given) {
    if constexpr (std::is_same_v<State, Absent>)
      std::fill_n(result.data(), result.size(), typename Result::value_type(0));
    else
      std::copy_n(given.data(), given.size(), result.data());
    return result.data();
  }
  template <class R, class T>
  static void start_gradient(const R* given, memory::Array<T>& gradient) {
    if (given)
      std::copy_n(given->data(), given->size(), gradient.data());
    else
      std::fill_n(gradient.data(), gradient.size(), T(0));
  }
  template <class T, class State>
  static void add_gradient(const memory::Array<T>& gradient, const autograd::Input<State>& state) {
    if (T* const sum = state.grad_to_add())
      micro::map_gradient<T>(
          static_cast<index_t>(gradient.size()), true, [](const auto& g) { return g; }, sum, gradient.data());
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
