/// \file
/// Loops over contiguous elements: element by element, and sums.
#pragma once

#include <array>

#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// The first `count` elements at `x`; the other lanes are 1, harmless to divisions and logarithms.
template <class T>
TENON_ALWAYS_INLINE inline Vector<T> load_first(const T* x, index_t count) noexcept {
  alignas(Vector<T>) T buffer[static_cast<std::size_t>(lanes<T>)];
  for (index_t i = 0; i < lanes<T>; ++i) buffer[i] = i < count ? x[i] : T(1);
  return Vector<T>::load_aligned(buffer);
}

/// y[i] = f(x[i]...). The last elements take the same vector code as the others, so a value does not depend on where it
/// stands. `y` may be one of `x`.
template <class T, class F, class... X>
void map(index_t size, F f, T* y, const X*... x) {
  index_t i = 0;
  for (; i + lanes<T> <= size; i += lanes<T>) f(Vector<T>::load_unaligned(x + i)...).store_unaligned(y + i);
  if (i < size) store_first<T>(f(load_first<T>(x + i, size - i)...), y + i, size - i);
}

/// The same where `y` may have to be added to.
template <class T, class F, class... X>
void map_gradient(index_t size, bool accumulate, F f, T* y, const X*... x) {
  if (accumulate)
    map<T>(
        size, [&f](const Vector<T>& before, const auto&... v) TENON_ALWAYS_INLINE { return before + f(v...); }, y,
        static_cast<const T*>(y), x...);
  else
    map<T>(size, f, y, x...);
}

/// The sum of the lanes, as a tree. (xsimd's own has had two names, and needs AVX-512 DQ where AVX-512 F would do.)
template <class T>
T sum_lanes(const Vector<T>& v) {
  alignas(Vector<T>) T lane[static_cast<std::size_t>(lanes<T>)];
  v.store_aligned(lane);
  for (index_t half = lanes<T> / 2; half > 0; half /= 2)
    for (index_t i = 0; i < half; ++i) lane[i] += lane[i + half];
  return lane[0];
}

/// The sums of f(x[i]...), which gives an array of vectors; in a fixed order.
template <class T, std::size_t Count, class F, class... X>
std::array<T, Count> map_sums(index_t size, F f, const X*... x) {
  using V = Vector<T>;
  constexpr int chains = 4;
  V sums[chains][Count];
  for (auto& chain : sums)
    for (V& sum : chain) sum = V(T(0));
  const auto add = [](V(&chain)[Count], const std::array<V, Count>& terms) TENON_ALWAYS_INLINE {
    for (std::size_t s = 0; s < Count; ++s) chain[s] += terms[s];
  };
  index_t i = 0;
  for (; i + chains * lanes<T> <= size; i += chains * lanes<T>)
    unroll<chains>([&](auto c) TENON_ALWAYS_INLINE { add(sums[c], f(V::load_unaligned(x + i + c * lanes<T>)...)); });
  for (; i + lanes<T> <= size; i += lanes<T>) add(sums[0], f(V::load_unaligned(x + i)...));
  std::array<T, Count> result{};
  if (i < size) {
    const std::array<V, Count> terms = f(load_first<T>(x + i, size - i)...);
    for (std::size_t s = 0; s < Count; ++s) {
      alignas(V) T last[static_cast<std::size_t>(lanes<T>)];
      terms[s].store_aligned(last);
      for (index_t lane = 0; lane < size - i; ++lane) result[s] += last[lane];
    }
  }
  for (std::size_t s = 0; s < Count; ++s)
    result[s] = sum_lanes<T>((sums[0][s] + sums[1][s]) + (sums[2][s] + sums[3][s])) + result[s];
  return result;
}

/// The sum of f(x[i]...), in a fixed order.
template <class T, class F, class... X>
T map_sum(index_t size, F f, const X*... x) {
  return map_sums<T, 1>(
      size, [&f](const auto&... v) TENON_ALWAYS_INLINE { return std::array<Vector<T>, 1>{f(v...)}; }, x...)[0];
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
