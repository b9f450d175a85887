/// \file
/// Functions that a kernel applies to its sums before it stores them.
#pragma once

#include "../../core/pointwise.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// The epilogue Function(sum). It is called with a vector of sums and with `y`, where they will be stored; the third
/// argument is how many of them will be, if not all.
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

/// The epilogue Second(First(sum) + addend), called as Epilogue is.
template <class T, class First, class Second>
struct AddingEpilogue {
  const T *addend, *result;  // where each begins; both have the same shape and layout

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
