/// \file
/// The pooling loop nest for plain images (planes, axes...), one, two and three axes alike.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "../../core/geometry.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Calls `visit(output position, window)` for each output of one plane; `window(f)` calls `f(input position)` for each
/// element of the window that lies inside the plane, in row-major order.
template <int Rank, class Visit>
void for_each_window(const std::array<Window, Rank>& axes, Visit&& visit) {
  std::array<index_t, Rank> at{}, strides{};
  index_t outputs = 1, stride = 1;
  for (std::size_t a = Rank; a-- > 0;) {
    strides[a] = stride;
    stride *= axes[a].input;
    outputs *= axes[a].output;
  }
  for (index_t output = 0; output < outputs; ++output) {
    const auto walk = [&]<std::size_t A>(const auto& self, std::integral_constant<std::size_t, A>, index_t base,
                                         auto& f) -> void {
      if constexpr (A == Rank) {
        f(base);
      } else {
        const Window& axis = axes[A];
        const index_t last = axis.last_inside(at[A]);
        for (index_t k = axis.first_inside(at[A]); k < last; ++k)
          self(self, std::integral_constant<std::size_t, A + 1>{}, base + axis.position(at[A], k) * strides[A], f);
      }
    };
    visit(output, [&](auto&& f) { walk(walk, std::integral_constant<std::size_t, 0>{}, 0, f); });
    for (std::size_t a = Rank; a-- > 0 && ++at[a] == axes[a].output;) at[a] = 0;
  }
}

/// Two by two windows that tile the plane: no borders, no overlap.
inline constexpr bool is_two_by_two(const std::array<Window, 2>& axes) {
  for (const Window& axis : axes)
    if (axis.kernel != 2 || axis.stride != 2 || axis.padding != 0 || axis.dilation != 1 || 2 * axis.output > axis.input)
      return false;
  return true;
}

/// The largest element of each window, NaN if there is one; `largest`, unless null, gets its position in the plane: the
/// first of equal ones, the last NaN, as in PyTorch.
template <class T, int Rank>
void max_pool(const PoolGeometry<Rank>& geometry, const T* x, T* y, std::int32_t* largest) {
  index_t in_size = 1, out_size = 1;
  for (const Window& axis : geometry.axes) in_size *= axis.input, out_size *= axis.output;
  for (index_t plane = 0; plane < geometry.planes; ++plane, x += in_size, y += out_size) {
    const auto take = [](T& best, index_t& at, T value, index_t position) {
      const bool better = value > best || value != value;
      best = better ? value : best;
      at = better ? position : at;
    };
    const auto store = [&](index_t output, T best, index_t at) {
      y[output] = best;
      if (largest) largest[output] = static_cast<std::int32_t>(at);
    };
    if constexpr (Rank == 2) {
      if (is_two_by_two(geometry.axes)) {
        const index_t width = geometry.axes[1].input;
        for (index_t row = 0, output = 0; row < geometry.axes[0].output; ++row)
          for (index_t column = 0; column < geometry.axes[1].output; ++column, ++output) {
            index_t at = 2 * row * width + 2 * column;
            const index_t corner = at;
            T best = x[corner];
            take(best, at, x[corner + 1], corner + 1);
            take(best, at, x[corner + width], corner + width);
            take(best, at, x[corner + width + 1], corner + width + 1);
            store(output, best, at);
          }
        if (largest) largest += out_size;
        continue;
      }
    }
    for_each_window<Rank>(geometry.axes, [&](index_t output, auto&& window) {
      T best = -std::numeric_limits<T>::infinity();
      index_t at = -1;
      window([&](index_t position) {
        if (at < 0) at = position;
        take(best, at, x[position], position);
      });
      store(output, best, at);
    });
    if (largest) largest += out_size;
  }
}

/// grad_x[position] += grad_y, the gradient of picking elements.
template <class T, int Rank>
void add_at(const PoolGeometry<Rank>& geometry, const T* grad_y, const std::int32_t* position, T* grad_x) {
  index_t in_size = 1, out_size = 1;
  for (const Window& axis : geometry.axes) in_size *= axis.input, out_size *= axis.output;
  for (index_t plane = 0; plane < geometry.planes; ++plane, grad_x += in_size, grad_y += out_size, position += out_size)
    for (index_t output = 0; output < out_size; ++output) grad_x[position[output]] += grad_y[output];
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
