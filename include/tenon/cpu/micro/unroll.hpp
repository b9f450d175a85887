/// \file
/// Compile-time loops.
#pragma once

#include <utility>

#include "../../core/isa.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Calls `f(std::integral_constant<int, I>{})` for I = 0 ... N-1, in order, with no loop left over. An array of
/// accumulators that is indexed with I stays in registers.
template <int N, class F>
TENON_ALWAYS_INLINE constexpr void unroll(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>)
      TENON_ALWAYS_INLINE { (f(std::integral_constant<int, I>{}), ...); }(std::make_integer_sequence<int, N>{});
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
