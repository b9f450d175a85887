/// \file
/// Pooling of blocked and plain images of two axes. It allocates nothing and gives no positions.
#pragma once

#include <algorithm>

#include "../../core/pool_function.hpp"
#include "interleave.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

using pooling::max_or_nan;

/// The pooling of images `x` (planes, H, W, pixel_size) to `y` (planes, outputs H, outputs W, pixel_size). A `Pixel` is
/// a vector of a blocked image, aligned to one, or a single element of a plain one.
template <class Function, class T, class Pixel, class Axis, class Epilogue>
class PoolPlanes {
  using Geometry = PoolGeometry<2, Axis>;
  // NOLINTNEXTLINE(bugprone-sizeof-expression): where a pixel is an element, it is 1
  static constexpr index_t pixel_size = static_cast<index_t>(sizeof(Pixel) / sizeof(T));

 public:
  /// Runs windows of any shape.
  static void run(const Geometry& geometry, const T* x, T* y, Epilogue epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    if constexpr (std::is_same_v<Axis, Window>) {
      const bool square = height.kernel == width.kernel && width.dilation == 1 && height.dilation == 1;
      if (square && width.kernel == 2) return planes<2, 2>(geometry, x, y, epilogue);
      if (square && width.kernel == 3) return planes<3, 3>(geometry, x, y, epilogue);
    }
    planes<0, 0>(geometry, x, y, epilogue);
  }
  /// Runs windows of a single row.
  static void run_rows(const Geometry& geometry, const T* x, T* y, Epilogue epilogue) noexcept {
    if (geometry.axes[1].kernel == 2) return planes<1, 2>(geometry, x, y, epilogue);
    if (geometry.axes[1].kernel == 3) return planes<1, 3>(geometry, x, y, epilogue);
    planes<0, 0>(geometry, x, y, epilogue);
  }

 private:
  /// Returns the pixel `x` (pixel_size).
  TENON_ALWAYS_INLINE static Pixel load(const T* x) {
    if constexpr (pixel_size == 1)
      return *x;
    else
      return Pixel::load_aligned(x);
  }
  /// Stores `pixel` to `y` (pixel_size).
  TENON_ALWAYS_INLINE static void store(const Pixel& pixel, T* y) {
    if constexpr (pixel_size == 1)
      *y = pixel;
    else
      pixel.store_aligned(y);
  }

  /// Returns what the total of the window at (row, column) is divided by.
  static Pixel divisor(const Geometry& geometry, index_t row, index_t column) {
    const auto& [height, width] = geometry.axes;
    return Pixel(Function::template share<T>(height, row) * Function::template share<T>(width, column));
  }

  /// Runs undilated windows of `Rows` x `Columns`, or windows of any shape if these are 0.
  template <int Rows, int Columns>
  static void planes(const Geometry& geometry, const T* x, T* y, Epilogue epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    for (index_t plane = 0; plane < geometry.planes; ++plane, x += height.input * width.input * pixel_size) {
      for (index_t row = 0; row < height.output; ++row, y += width.output * pixel_size) {
        index_t column = 0;
        if constexpr (Columns > 0) {
          if (height.last_inside(row) - height.first_inside(row) == Rows) {
            // Only windows that reach over the left or right border are left to the general case.
            const index_t first = (std::min)(width.output, (width.padding + width.stride - 1) / width.stride);
            for (; column < first; ++column) border(geometry, x, row, column, y, epilogue);
            column += inside<Rows, Columns>(geometry, x, row, column, y, epilogue);
          }
        }
        for (; column < width.output; ++column) border(geometry, x, row, column, y, epilogue);
      }
    }
  }

  /// Computes one window of any shape, anywhere. `x` is the input plane, `y` the row of the output.
  static void border(const Geometry& geometry, const T* x, index_t row, index_t column, T* y,
                     Epilogue epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    const index_t last_row = height.last_inside(row), last_column = width.last_inside(column);
    Pixel total(Function::template start<T>());
    for (index_t tap_row = height.first_inside(row); tap_row < last_row; ++tap_row) {
      const T* line = x + height.position(row, tap_row) * width.input * pixel_size;
      for (index_t tap = width.first_inside(column); tap < last_column; ++tap)
        total = Function::join(total, Function::enter(load(line + width.position(column, tap) * pixel_size)));
    }
    store(epilogue(Function::finish(total, divisor(geometry, row, column))), y + column * pixel_size);
  }

  /// Computes those windows of a row, from `column` on, that lie inside the image, and returns how many there are. `x`
  /// is the input plane, `y` the row of the output.
  template <int Rows, int Columns>
  static index_t inside(const Geometry& geometry, const T* x, index_t row, index_t column, T* y,
                        Epilogue epilogue) noexcept {
    const auto& [height, width] = geometry.axes;
    const index_t start = width.position(column, 0), room = width.input - Columns - start;
    if (room < 0 || column >= width.output) return 0;
    const index_t count = (std::min)(room / width.stride + 1, width.output - column);
    const T* corner = x + (height.position(row, 0) * width.input + start) * pixel_size;
    const T divided_by = Function::template share<T>(height, row) * Function::template share<T>(width, column);
    const auto finish = [&]<class V>(const V& total)
                            TENON_ALWAYS_INLINE { return epilogue(Function::finish(total, V(divided_by))); };
    y += column * pixel_size;
    index_t i = 0;
    if constexpr (pixel_size == 1) {
      if (width.stride == 2) i = pairs<Rows, Columns>(corner, width.input, room, count, y, finish);
      corner += i * width.stride;
    }
    for (; i < count; ++i, corner += width.stride * pixel_size) {
      Pixel total = Function::enter(load(corner));
      unroll<Rows * Columns - 1>([&](auto tap) TENON_ALWAYS_INLINE {
        constexpr int row_of = (tap + 1) / Columns, column_of = (tap + 1) % Columns;
        total = Function::join(total, Function::enter(load(corner + (row_of * width.input + column_of) * pixel_size)));
      });
      store(finish(total), y + i * pixel_size);
    }
    return i;
  }

  /// Computes windows two columns apart in a plain image, a short vector of them at a time: the total of each column,
  /// then of neighbouring columns. Returns how many of the `count` windows were done. `corner` is the first element of
  /// the first window, `y` the first window's result, `room` is as in `inside`.
  template <int Rows, int Columns, class Finish>
  static index_t pairs(const T* corner, index_t row_length, index_t room, index_t count, T* y,
                       const Finish& finish) noexcept {
    using Q = ShortVector<T>;
    constexpr index_t size = short_lanes<T>;
    const auto columns = [&](const T* top) TENON_ALWAYS_INLINE {
      Q total = Function::enter(Q::load_unaligned(top));
      unroll<Rows - 1>([&](auto row) TENON_ALWAYS_INLINE {
        total = Function::join(total, Function::enter(Q::load_unaligned(top + (row + 1) * row_length)));
      });
      return total;
    };
    // The last element that is read must be in the row.
    constexpr index_t reach = 2 * size + (Columns == 3 ? 1 : -1);
    index_t i = 0;
    for (; i + size <= count && 2 * i + reach < room + Columns; i += size, corner += 2 * size) {
      Q even = columns(corner), odd = columns(corner + size);
      split_pairs<T>(even, odd);
      Q total = Function::join(even, odd);
      if constexpr (Columns == 3) {
        Q next = columns(corner + 2), spare = columns(corner + 2 + size);
        split_pairs<T>(next, spare);
        total = Function::join(total, next);
      }
      finish(total).store_unaligned(y + i);
    }
    return i;
  }
};

/// Computes `y = epilogue(pool(x))` for blocked images, `x` (planes, H, W, lanes) and `y`
/// (planes, outputs H, outputs W, lanes), aligned to a vector. `geometry.planes` counts blocks:
/// batch * vectors_for<T>(channels).
template <class Function, class T, class Axis, class Epilogue = pointwise::Identity>
void blocked_pool(const PoolGeometry<2, Axis>& geometry, const T* x, T* y, Epilogue epilogue = {}) noexcept {
  PoolPlanes<Function, T, Vector<T>, Axis, Epilogue>::run(geometry, x, y, epilogue);
}

/// Whether `pool_in_pairs` computes the windows of plain rows or images, two columns apart.
template <int Rank>
constexpr bool is_done_in_pairs(const PoolGeometry<Rank>& geometry) {
  const Window &width = geometry.axes[Rank - 1], &height = geometry.axes[0];
  return Rank <= 2 && width.stride == 2 && (width.kernel == 2 || width.kernel == 3) && height.kernel == width.kernel &&
         width.dilation == 1 && height.dilation == 1;
}
/// Computes `y = pool(x)` where `is_done_in_pairs`: `x` (planes, inputs...), `y` (planes, outputs...).
template <class Function, class T, int Rank>
void pool_in_pairs(const PoolGeometry<Rank>& geometry, const T* x, T* y) noexcept {
  using Planes = PoolPlanes<Function, T, T, Window, pointwise::Identity>;
  if constexpr (Rank == 1)
    Planes::run_rows({geometry.planes, {Window{}, geometry.axes[0]}}, x, y, {});
  else
    Planes::run(geometry, x, y, {});
}

}  // namespace tenon::inline TENON_ISA::cpu::micro
