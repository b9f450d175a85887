/// \file
/// Recurrent layers on the CPU.
#pragma once

#include "../nn/recurrence.hpp"
#include "micro/recurrent.hpp"

namespace tenon::inline TENON_ISA::cpu {

namespace detail {
template <class Cell>
struct RecurrentLayerOf {
  template <class T>
  using type = micro::RecurrentLayer<Cell, T>;
};
}  // namespace detail

template <class Shown, class Cell, index_t Inputs, index_t Hidden, class Order, bool Reverse>
struct Kernel<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>>
    : operation::RecurrentKernel<operation::Recurrent<Shown, Cell, Inputs, Hidden, Order, Reverse>,
                                 detail::RecurrentLayerOf<Cell>::template type> {};

}  // namespace tenon::inline TENON_ISA::cpu
