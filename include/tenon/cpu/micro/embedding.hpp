/// \file
/// Looking up rows of a table, and limiting their norm.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../../core/index_check.hpp"
#include "../../core/norm.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Scales `row` (columns) to the P-norm `max_norm` if its own is larger.
template <double P, class T>
void limit_norm(index_t columns, T max_norm, T* row) noexcept {
  const T norm = Norm<P>::root(map_sum<T>(
      columns, [](const auto& v) TENON_ALWAYS_INLINE { return Norm<P>::term(v); }, static_cast<const T*>(row)));
  if (!(norm > max_norm)) return;
  const Vector<T> scale(max_norm / (norm + T(1e-7)));
  map<T>(columns, [scale](const auto& v) { return v * scale; }, row, static_cast<const T*>(row));
}

/// Copies row indices[i] of `table` (rows, columns) to row i of `y` (count, columns), or zeros where the table has no
/// such row. Returns the position of the first of `indices` (count) that is outside [0, rows), or -1.
template <class T>
index_t look_up(index_t count, index_t rows, index_t columns, const std::int64_t* indices, const T* table,
                T* y) noexcept {
  index_t outside = -1;
  for (index_t i = 0; i < count; ++i, y += columns) {
    if (is_outside(indices[i], rows)) {
      std::fill_n(y, columns, T(0));
      if (outside < 0) outside = i;
    } else {
      std::copy_n(table + indices[i] * columns, columns, y);
    }
  }
  return outside;
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
