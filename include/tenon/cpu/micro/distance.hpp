/// \file
/// Distances between the rows of two matrices.
#pragma once

#include "../../core/norm.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Computes y[r] = the norm of the difference of the rows r of `a` and `b` (rows, columns), for `y` (rows). `Distance`
/// has the norm's `p` and what is added to differences, `eps`.
template <class Distance, class T>
void pairwise_distance(index_t rows, index_t columns, const T* a, const T* b, T* y) noexcept {
  using norm = Norm<Distance::p>;
  for (index_t r = 0; r < rows; ++r, a += columns, b += columns)
    y[r] = norm::root(map_sum<T>(
        columns,
        [](const auto& u, const auto& v)
            TENON_ALWAYS_INLINE { return norm::term(shifted_difference<Distance::eps>(u, v)); },
        a, b));
}

/// Computes sign * grad_y[r] times the derivative of y[r] by the difference of row r and writes it to `gradient`
/// (rows, columns), or adds it with `accumulate`. `a` and `b` (rows, columns), `y` and `grad_y` (rows).
template <class Distance, class T>
void pairwise_distance_gradient(index_t rows, index_t columns, T sign, const T* a, const T* b, const T* y,
                                const T* grad_y, bool accumulate, T* gradient) noexcept {
  using V = Vector<T>;
  for (index_t r = 0; r < rows; ++r, a += columns, b += columns, gradient += columns)
    map_gradient<T>(
        columns, accumulate,
        [scale = V(sign * grad_y[r]), distance = V(y[r])](const V& u, const V& v) TENON_ALWAYS_INLINE {
          return scale * Norm<Distance::p>::gradient(shifted_difference<Distance::eps>(u, v), distance);
        },
        gradient, a, b);
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
