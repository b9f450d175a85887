/// \file
/// Recurrent stages.
#pragma once

#include "../../nn/recurrence.hpp"
#include "../micro/recurrent_steps.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cpu {

/// What the stages of one direction of one layer on sequences like `X` share.
template <class X, class Operation>
struct RecurrentStage;
template <class X, class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct RecurrentStage<X, operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> : plan::KernelTraits {
  static constexpr std::string_view name = "steps";
  using T = typename X::value_type;
  using Weight = stored_weight_t<T>;
  using Steps = micro::RecurrentSteps<Cell, T, Inputs, Hidden, Weight>;
  static constexpr SequenceRows rows = Order{}.rows(typename X::static_shape{});
  static constexpr index_t states = rows.batch * Hidden;
  static constexpr std::size_t packed_bytes = bytes_of<Weight>(Steps::packed_size());

 protected:
  /// Computes the hidden values `y` from the states before the first step: `hidden` (batch, Hidden), and `memory`,
  /// which moves, or is null if the cell has none.
  static void run_from(const T* hidden, T* memory, const plan::Call& call, T* y) noexcept {
    Steps::run(rows, Reverse, call.in<T>(), call.packed<Weight>(), hidden, memory, y);
  }
  /// Copies the hidden values of the last step in `y` to `last` (batch, Hidden).
  static void copy_last(const T* y, T* last) noexcept {
    const index_t first = rows.first(Reverse ? 0 : rows.steps - 1);
    for (index_t b = 0; b < rows.batch; ++b)  // of a size that the compiler knows
      std::memcpy(last + b * Hidden, y + (first + b * rows.stride()) * Hidden, bytes_of<T>(Hidden));
  }
  /// Packs the parameters from number `first` on.
  static void pack_from(std::size_t first, const plan::Source& source, std::byte* packed) {
    Steps::pack(source.parameter<T>(first), source.parameter<T>(first + 1), source.parameter<T>(first + 2),
                source.parameter<T>(first + 3), reinterpret_cast<Weight*>(packed));
  }
};

template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct Stage<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> {
  /// Of an input, and the states before its first step, zeros where they are left out.
  template <class X, class... States>
  struct kernel : RecurrentStage<X, operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> {
    using T = typename kernel::T;
    // The hidden values and the memory where nobody reads them, and zeros.
    static constexpr std::size_t scratch_bytes = bytes_of<T>(kernel::rows.rows() * Hidden + 2 * kernel::states);

    static void run(const plan::Call& call) noexcept {
      T* const scratch = call.scratch<T>();
      T* const y = call.out<T>(0) ? call.out<T>(0) : scratch;
      T* const zeros = scratch + kernel::rows.rows() * Hidden;
      std::fill_n(zeros, sizeof...(States) == 0 ? kernel::states : 0, T(0));
      const T* hidden = zeros;
      if constexpr (sizeof...(States) > 0) hidden = call.in<T>(1);
      T* memory = nullptr;
      if constexpr (Cell::remembers) {
        memory = call.out<T>(2) ? call.out<T>(2) : zeros + kernel::states;
        if constexpr (sizeof...(States) > 1)
          std::copy_n(call.in<T>(2), kernel::states, memory);
        else
          std::fill_n(memory, kernel::states, T(0));
      }
      kernel::run_from(hidden, memory, call, y);
      if (T* const last = call.out<T>(1)) kernel::copy_last(y, last);
    }
    static void pack(const plan::Source& source, std::byte* packed) {
      kernel::pack_from(2 - sizeof...(States), source, packed);  // behind the states that are left out
    }
  };
};

/// In a stream the states are kept from step to step.
template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order>
struct TimedStage<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, false>> {
  template <class X>
  struct kernel : RecurrentStage<X, operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, false>> {
    using T = typename kernel::T;
    static constexpr std::size_t scratch_bytes = bytes_of<T>(kernel::rows.rows() * Hidden);
    static constexpr std::size_t state_bytes = bytes_of<T>((Cell::remembers ? 2 : 1) * kernel::states);

    static void run(const plan::Call& call) noexcept {
      T* const hidden = call.state<T>();
      T* const memory = Cell::remembers ? hidden + kernel::states : nullptr;
      T* const y = call.out<T>(0) ? call.out<T>(0) : call.scratch<T>();
      kernel::run_from(hidden, memory, call, y);
      kernel::copy_last(y, hidden);
      if (T* const last = call.out<T>(1)) std::memcpy(last, hidden, bytes_of<T>(kernel::states));
      if constexpr (Cell::remembers)
        if (T* const last = call.out<T>(2)) std::memcpy(last, memory, bytes_of<T>(kernel::states));
    }
    static void pack(const plan::Source& source, std::byte* packed) { kernel::pack_from(2, source, packed); }
  };
};

}  // namespace tenon::inline TENON_ISA::cpu
