/// \file
/// Unpooling, which puts elements back to where a max pooling picked them, and its gradient.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../../core/index_check.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Writes each element of `x` (planes, in_size) to its index in the plane of `y` (planes, out_size), and zeros
/// elsewhere. Of elements with equal `indices` (planes, in_size) the last one stays; those with an index outside
/// [0, out_size) are left out. Returns the position of the first such index, or -1.
template <class T>
index_t max_unpool(index_t planes, index_t in_size, index_t out_size, const T* x, const std::int64_t* indices,
                   T* y) noexcept {
  index_t outside = -1;
  std::fill_n(y, planes * out_size, T(0));
  for (index_t plane = 0, i = 0; plane < planes; ++plane, y += out_size)
    for (const index_t end = i + in_size; i < end; ++i) {
      if (!is_outside(indices[i], out_size))
        y[indices[i]] = x[i];
      else if (outside < 0)
        outside = i;
    }
  return outside;
}

/// Copies the elements of `grad_y` (planes, out_size) at `indices` (planes, in_size), all of them inside, to `grad_x`
/// (planes, in_size), or adds them with `accumulate`.
template <class T>
void max_unpool_gradient(index_t planes, index_t in_size, index_t out_size, const T* grad_y,
                         const std::int64_t* indices, bool accumulate, T* grad_x) {
  for (index_t plane = 0, i = 0; plane < planes; ++plane, grad_y += out_size)
    for (const index_t end = i + in_size; i < end; ++i)
      grad_x[i] = accumulate ? grad_x[i] + grad_y[indices[i]] : grad_y[indices[i]];
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
