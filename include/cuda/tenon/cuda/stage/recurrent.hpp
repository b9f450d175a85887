/// \file
/// Recurrent stages on the device.
#pragma once

#include "../recurrent.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct Stage<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>> {
  /// The kernel for an input, and for the states before its first step, which are zeros where they are left out.
  template <class X, class... States>
  struct kernel : plan::KernelTraits {
    static constexpr std::string_view name = "steps";
    using T = typename X::value_type;
    using Layer = RecurrentLayer<Cell, T>;
    static constexpr SequenceRows rows = Order{}.rows(typename X::static_shape{});
    static constexpr index_t states = rows.batch * Hidden, width = Cell::gates * Hidden;
    /// Weights (gates * hidden, inputs) and (gates * hidden, hidden), then both biases (gates * hidden).
    static constexpr std::array<index_t, 4> sizes{width * Inputs, width* Hidden, width, width};
    static constexpr std::size_t packed_bytes =
        static_cast<std::size_t>(sizes[0] + sizes[1] + sizes[2] + sizes[3]) * sizeof(T);
    /// Workspace, then the states and the hidden values where nobody reads them.
    static constexpr index_t workspace = Layer::workspace_size(rows, Hidden);
    static constexpr std::size_t scratch_bytes =
        static_cast<std::size_t>(workspace + (rows.rows() + rows.batch * 2) * Hidden) * sizeof(T);

    static void run(const plan::Call& call) noexcept {
      const T* const weight = call.packed<T>();
      const recurrent::Weights<T> weights{weight, weight + sizes[0], weight + sizes[0] + sizes[1],
                                          weight + sizes[0] + sizes[1] + width};
      T* const own = call.scratch<T>() + workspace;
      const auto state = [&](std::size_t result, std::size_t input, T* unread) {
        T* const values = call.out<T>(result) ? call.out<T>(result) : unread;
        if (input <= sizeof...(States))
          device::copy(call.in<T>(input), states, values);
        else
          device::fill(values, states, T(0));
        return values;
      };
      T* const hidden = state(1, 1, own);
      T* memory = nullptr;
      if constexpr (Cell::remembers) memory = state(2, 2, own + states);
      Layer(rows, Inputs, Hidden, Reverse)
          .forward(call.in<T>(), weights, call.out<T>() ? call.out<T>() : own + 2 * states, hidden, memory, {},
                   call.scratch<T>());
    }
    static void pack(const plan::Source& source, std::byte* packed) {
      constexpr std::size_t first = 2 - sizeof...(States);  // behind the states that are left out
      T* to = reinterpret_cast<T*>(packed);
      for (std::size_t i = 0; i < sizes.size(); to += sizes[i++])
        if (const T* const from = source.parameter<T>(first + i))
          std::copy_n(from, sizes[i], to);
        else
          std::fill_n(to, sizes[i], T(0));
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cuda
