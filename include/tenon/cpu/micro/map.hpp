/// \file
/// Loops over contiguous elements: element by element, and sums.
#pragma once

#include <algorithm>
#include <array>
#include <type_traits>

#include "../../core/place.hpp"
#include "vector.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Returns the elements `x` (count) in the first lanes; the other lanes are 1, harmless to divisions and logarithms.
template <class T, class V = Vector<T>>
TENON_ALWAYS_INLINE inline V load_first(const T* x, index_t count) noexcept {
  alignas(V) T buffer[V::size];
  for (index_t i = 0; i < static_cast<index_t>(V::size); ++i) buffer[i] = i < count ? x[i] : T(1);
  return V::load_aligned(buffer);
}
/// Returns the same where there may be a whole vector of elements, or more.
template <class V, class T>
TENON_ALWAYS_INLINE inline V load_up_to(const T* x, index_t count) noexcept {
  return count >= static_cast<index_t>(V::size) ? V::load_unaligned(x) : load_first<T, V>(x, count);
}

/// Computes y[i] = f(x[i]...) for `y` and `x` (size). The last elements take the same vector code as the others, so a
/// value does not depend on where it stands. `y` may be one of `x`.
template <class T, class F, class... X>
TENON_FLATTEN void map(index_t size, F f, T* y, const X*... x) {
  index_t i = 0;
  for (; i + lanes<T> <= size; i += lanes<T>) f(Vector<T>::load_unaligned(x + i)...).store_unaligned(y + i);
  if (i < size) store_first<T>(f(load_first<T>(x + i, size - i)...), y + i, size - i);
}

/// Computes y[i] = f(x[i]...), or y[i] += f(x[i]...) with `accumulate`, for `y` and `x` (size).
template <class T, class F, class... X>
void map_gradient(index_t size, bool accumulate, F f, T* y, const X*... x) {
  if (accumulate)
    map<T>(
        size, [&f](const Vector<T>& before, const auto&... v) TENON_ALWAYS_INLINE { return before + f(v...); }, y,
        static_cast<const T*>(y), x...);
  else
    map<T>(size, f, y, x...);
}

/// Calls f(x[i]...) for `x` (size). It takes vectors by reference; those of pointers to non-const elements are stored
/// back.
template <class T, class F, class... X>
TENON_FLATTEN void for_each(index_t size, F f, X*... x) {
  const auto store = []<class To>(const Vector<T>& v, To* to, index_t count) TENON_ALWAYS_INLINE {
    if constexpr (!std::is_const_v<To>) store_first<T>(v, to, count);
  };
  const auto change = [&](index_t i, index_t count, auto... v) TENON_ALWAYS_INLINE {
    f(v...);
    (store(v, x + i, count), ...);
  };
  index_t i = 0;
  for (; i + lanes<T> <= size; i += lanes<T>) change(i, lanes<T>, Vector<T>::load_unaligned(x + i)...);
  if (i < size) change(i, size - i, load_first<T>(x + i, size - i)...);
}

/// Returns the lanes joined by `f`, as a tree: halves with halves.
template <class T, class F>
TENON_ALWAYS_INLINE inline T fold_lanes(const Vector<T>& v, F f) {
  constexpr index_t size = short_lanes<T>, parts = lanes<T> / size;
  alignas(Vector<T>) T lane[static_cast<std::size_t>(lanes<T>)];
  v.store_aligned(lane);
  if constexpr (parts > 1) {
    ShortVector<T> part[static_cast<std::size_t>(parts)];
    for (index_t p = 0; p < parts; ++p) part[p] = ShortVector<T>::load_aligned(lane + p * size);
    for (index_t half = parts / 2; half > 0; half /= 2)
      for (index_t p = 0; p < half; ++p) part[p] = f(part[p], part[p + half]);
    part[0].store_aligned(lane);
  }
  for (index_t half = size / 2; half > 0; half /= 2)
    for (index_t i = 0; i < half; ++i) lane[i] = f(lane[i], lane[i + half]);
  return lane[0];
}

/// Returns the sum of the lanes. (xsimd's own has had two names, and needs AVX-512 DQ where AVX-512 F would do.)
template <class T>
T sum_lanes(const Vector<T>& v) {
  return fold_lanes<T>(v, [](const auto& a, const auto& b) TENON_ALWAYS_INLINE { return a + b; });
}

/// Returns `v` in the first `count` lanes and `other` in the others.
template <class T>
TENON_ALWAYS_INLINE inline Vector<T> keep_first(const Vector<T>& v, index_t count, const Vector<T>& other) {
  alignas(Vector<T>) static constexpr auto position = [] {
    std::array<T, static_cast<std::size_t>(lanes<T>)> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<T>(i);
    return numbers;
  }();
  return xsimd::select(Vector<T>::load_aligned(position.data()) < Vector<T>(static_cast<T>(count)), v, other);
}

/// Returns the sums of f(x[i]...), an array of `Count` vectors, over `x` (size), in a fixed order.
template <class T, std::size_t Count, class F, class... X>
TENON_FLATTEN std::array<T, Count> map_sums(index_t size, F f, const X*... x) {
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
    for (std::size_t s = 0; s < Count; ++s) sums[1][s] += keep_first<T>(terms[s], size - i, V(T(0)));
  }
  for (std::size_t s = 0; s < Count; ++s)
    result[s] = sum_lanes<T>((sums[0][s] + sums[1][s]) + (sums[2][s] + sums[3][s]));
  return result;
}

/// Returns the sum of f(x[i]...) over `x` (size), in a fixed order.
template <class T, class F, class... X>
T map_sum(index_t size, F f, const X*... x) {
  return map_sums<T, 1>(
      size, [&f](const auto&... v) TENON_ALWAYS_INLINE { return std::array<Vector<T>, 1>{f(v...)}; }, x...)[0];
}

}  // namespace tenon::inline TENON_ISA::cpu::micro

namespace tenon::inline TENON_ISA {

template <class Function, class T, class... X>
void host::map(index_t count, const Function& function, T* y, const X*... x) {
  cpu::micro::map<T>(count, function, y, x...);
}
template <class Function, class T, class... X>
void host::map_gradient(index_t count, bool accumulate, const Function& function, T* y, const X*... x) {
  cpu::micro::map_gradient<T>(count, accumulate, function, y, x...);
}
template <class Function, class T, class... X>
void host::for_each(index_t count, const Function& function, T* first, X*... x) {
  cpu::micro::for_each<T>(count, function, first, x...);
}
// Blocks are summed in T, their sums in double, so that the last of many terms are not lost. `function` is flattened by
// itself, because in map_sums g++ 12 leaves some of the calls that it makes.
template <class Function, class T, class... X>
double host::sum(index_t count, const Function& function, const T* first, const X*... x) {
  constexpr index_t block = 8192;
  double sum = 0;
  for (index_t at = 0; at < count; at += block)
    sum += static_cast<double>(cpu::micro::map_sum<T>((std::min)(block, count - at),
                                                      [&](const auto&... v) TENON_FLATTEN { return function(v...); },
                                                      first + at, (x + at)...));
  return sum;
}

}  // namespace tenon::inline TENON_ISA
