/// \file
/// Rows of a table.
#pragma once

#include <algorithm>
#include <cstdint>

#include "../../core/index_check.hpp"
#include "../../core/norm.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// Scales a row whose P-norm is larger than `max_norm` to it.
template <double P, class T>
void limit_norm(index_t columns, T max_norm, T* row) noexcept {
  const T norm = Norm<P>::root(map_sum<T>(
      columns, [](const auto& v) TENON_ALWAYS_INLINE { return Norm<P>::term(v); }, static_cast<const T*>(row)));
  if (!(norm > max_norm)) return;
  const Vector<T> scale(max_norm / (norm + T(1e-7)));
  map<T>(columns, [scale](const auto& v) { return v * scale; }, row, static_cast<const T*>(row));
}

/// y[i] = row indices[i] of the table; zeros where there is no such row. Returns the position of the first of those, or
/// -1.
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
