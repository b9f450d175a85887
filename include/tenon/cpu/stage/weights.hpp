/// \file
/// Helpers of the stages of all chapters: sizes in bytes, and the functions behind a sum.
#pragma once

#include "../../plan/folded.hpp"
#include "../backend.hpp"
#include "../micro/epilogue.hpp"

namespace tenon::inline TENON_ISA::cpu {

/// Returns the bytes of `count` elements.
template <class T>
constexpr std::size_t bytes_of(index_t count) {
  return static_cast<std::size_t>(count) * sizeof(T);
}

/// The type in which weights for kernels of `T` are packed. (Products of matrices, which training uses too, read `T`
/// itself.)
template <class T>
using stored_weight_t = T;

namespace detail {
template <class T, class Function>
struct EpilogueOf {
  static micro::Epilogue<T, Function> of(const plan::Call&) noexcept { return {}; }
};
template <class T, class First, class Second>
struct EpilogueOf<T, plan::AddThen<First, Second>> {
  static micro::AddingEpilogue<T, First, Second> of(const plan::Call& call) noexcept {
    return {call.in<T>(1), call.out<T>()};
  }
};
/// Applies the epilogue to `y` (count) in `run`.
template <class T, class Function>
struct FinishInPlace {
  static void run(index_t count, const plan::Call&, T* y) noexcept {
    if constexpr (!std::is_same_v<Function, pointwise::Identity>)
      micro::map<T>(count, Function{}, y, static_cast<const T*>(y));
  }
};
template <class T, class First, class Second>
struct FinishInPlace<T, plan::AddThen<First, Second>> {
  static void run(index_t count, const plan::Call& call, T* y) noexcept {
    const auto add = [](const auto& sum, const auto& operand)
                         TENON_ALWAYS_INLINE { return Second{}(First{}(sum) + operand); };
    micro::map<T>(count, add, y, static_cast<const T*>(y), call.in<T>(1));
  }
};
}  // namespace detail

/// Returns the epilogue that a kernel applies to its sums: a pointwise function, or the sum with the stage's second
/// input.
template <class T, class Function>
auto epilogue_of(const plan::Call& call) noexcept {
  return detail::EpilogueOf<T, Function>::of(call);
}
/// Applies the epilogue to `y` (count), for kernels that store their sums there first.
template <class T, class Function>
void finish_in_place(index_t count, const plan::Call& call, T* y) noexcept {
  detail::FinishInPlace<T, Function>::run(count, call, y);
}

}  // namespace tenon::inline TENON_ISA::cpu
