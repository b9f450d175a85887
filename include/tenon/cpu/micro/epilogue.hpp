/// \file
/// What a kernel does with a sum before it stores it.
#pragma once

#include "../../core/pointwise.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Function(sum)
template <class T, class Function = pointwise::Identity>
struct Epilogue {
  /// Of a vector that is stored at `y`; of which `count` elements are.
  template <class V>
  TENON_ALWAYS_INLINE V operator()(V sum, const T*) const {
    return Function{}(sum);
  }
  template <class V>
  TENON_ALWAYS_INLINE V operator()(V sum, const T*, index_t) const {
    return Function{}(sum);
  }
};

/// Second(First(sum) + addend), where the addend lies as the result does.
template <class T, class First, class Second>
struct AddingEpilogue {
  const T *addend, *result;  // where each begins

  template <class V>
  TENON_ALWAYS_INLINE V operator()(V sum, const T* y) const {
    return Second{}(First{}(sum) + V::load_unaligned(addend + (y - result)));
  }
  template <class V>
  TENON_ALWAYS_INLINE V operator()(V sum, const T* y, index_t count) const {
    constexpr auto lanes_of_sum = static_cast<index_t>(V::size);
    if (count >= lanes_of_sum) return (*this)(sum, y);
    alignas(V) T operand[static_cast<std::size_t>(V::size)] = {};
    for (index_t i = 0; i < count; ++i) operand[i] = addend[y - result + i];
    return Second{}(First{}(sum) + V::load_aligned(operand));
  }
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
