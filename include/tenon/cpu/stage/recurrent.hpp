/// \file
/// Recurrent stages.
#pragma once

#include "../../nn/recurrence.hpp"
#include "../micro/recurrent_steps.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct Stage<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> {
  /// Of an input, and the states before its first step, zeros where they are left out.
  template <class X, class... States>
  struct kernel : plan::KernelTraits {
    static constexpr std::string_view name = "steps";
    using T = typename X::value_type;
    using Weight = stored_weight_t<T>;
    using Steps = micro::RecurrentSteps<Cell, T, Inputs, Hidden, Weight>;
    static constexpr SequenceRows rows = Order{}.rows(typename X::static_shape{});
    static constexpr index_t states = rows.batch * Hidden;
    static constexpr std::size_t packed_bytes = bytes_of<Weight>(Steps::packed_size());
    // The hidden values and the memory where nobody reads them, and zeros.
    static constexpr std::size_t scratch_bytes = bytes_of<T>((rows.rows() + rows.batch * 2) * Hidden);

    static void run(const plan::Call& call) noexcept {
      T* const scratch = call.scratch<T>();
      T* const y = call.out<T>(0) ? call.out<T>(0) : scratch;
      T* const zeros = scratch + rows.rows() * Hidden;
      std::fill_n(zeros, sizeof...(States) == 0 ? states : 0, T(0));
      const T* hidden = zeros;
      if constexpr (sizeof...(States) > 0) hidden = call.in<T>(1);
      T* memory = nullptr;
      if constexpr (Cell::remembers) {
        memory = call.out<T>(2) ? call.out<T>(2) : zeros + states;
        if constexpr (sizeof...(States) > 1)
          std::copy_n(call.in<T>(2), states, memory);
        else
          std::fill_n(memory, states, T(0));
      }
      Steps::run(rows, Reverse, call.in<T>(), call.packed<Weight>(), hidden, memory, y);
      if (T* const last = call.out<T>(1)) {
        const index_t first = rows.first(Reverse ? 0 : rows.steps - 1);
        for (index_t b = 0; b < rows.batch; ++b)
          std::copy_n(y + (first + b * rows.stride()) * Hidden, Hidden, last + b * Hidden);
      }
    }
    static void pack(const plan::Source& source, std::byte* packed) {
      // Behind the states that are left out.
      constexpr std::size_t first = 2 - sizeof...(States);
      Steps::pack(source.parameter<T>(first), source.parameter<T>(first + 1), source.parameter<T>(first + 2),
                  source.parameter<T>(first + 3), reinterpret_cast<Weight*>(packed));
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cpu
