/// \file
/// log(sum(exp(x))) along one axis: the part softmax, log-softmax and cross-entropy share.
#pragma once

#include <limits>

#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// An axis of a contiguous tensor: `outer` slices, each `size` rows of `inner` elements.
struct AxisView {
  index_t outer, size, inner;
};

/// The axis `axis` of a tensor with extents `dims`.
template <std::size_t Rank>
constexpr AxisView axis_view(const std::array<index_t, Rank>& dims, std::size_t axis) {
  AxisView view{1, dims[axis], 1};
  for (std::size_t a = 0; a < axis; ++a) view.outer *= dims[a];
  for (std::size_t a = axis + 1; a < Rank; ++a) view.inner *= dims[a];
  return view;
}

namespace detail {
// Of one contiguous row.
template <class T>
T log_sum_exp_row(index_t size, const T* x) {
  using V = Vector<T>;
  V largest(-std::numeric_limits<T>::infinity());
  index_t i = 0;
  for (; i + lanes<T> <= size; i += lanes<T>) largest = xsimd::max(largest, V::load_unaligned(x + i));
  alignas(V) T lane[static_cast<std::size_t>(lanes<T>)];
  largest.store_aligned(lane);
  T maximum = lane[0];
  for (index_t l = 1; l < lanes<T>; ++l) maximum = std::max(maximum, lane[l]);
  for (; i < size; ++i) maximum = std::max(maximum, x[i]);
  const T sum = map_sum<T>(size, [m = V(maximum)](const V& v) TENON_ALWAYS_INLINE { return xsimd::exp(v - m); }, x);
  return maximum + std::log(sum);
}
}  // namespace detail

/// `result` (outer, inner) = log(sum over the axis of exp(x)).
template <class T>
void log_sum_exp(const AxisView& axis, const T* x, T* result) {
  using V = Vector<T>;
  if (axis.inner == 1) {
    for (index_t o = 0; o < axis.outer; ++o) result[o] = detail::log_sum_exp_row(axis.size, x + o * axis.size);
    return;
  }
  for (index_t o = 0; o < axis.outer; ++o, x += axis.size * axis.inner, result += axis.inner) {
    for (index_t i = 0; i < axis.inner; i += lanes<T>) {
      const index_t count = std::min(lanes<T>, axis.inner - i);
      const auto at = [&](index_t a) TENON_ALWAYS_INLINE {
        const T* row = x + a * axis.inner + i;
        return count == lanes<T> ? V::load_unaligned(row) : load_first<T>(row, count);
      };
      V maximum = at(0), sum(T(0));
      for (index_t a = 1; a < axis.size; ++a) maximum = xsimd::max(maximum, at(a));
      for (index_t a = 0; a < axis.size; ++a) sum += xsimd::exp(at(a) - maximum);
      store_first<T>(maximum + xsimd::log(sum), result + i, count);
    }
  }
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
