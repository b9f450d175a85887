/// \file
/// Resampling of images (planes, depth, rows, columns, Pixel), separately along each axis; only rows and columns blend.
/// `Pixel` is 1, or in blocked layout the lanes of a vector.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "../../core/resampling.hpp"
#include "map.hpp"

namespace tenon::inline TENON_ISA::cpu::micro {

/// A resampled axis as the loops read it.
template <class T>
struct ResampledAxis {
  index_t input, output;
  // Each (output), as in core/resampling.hpp; `next` and `fraction` count where the axis blends.
  const std::int32_t *at, *next;
  const T* fraction;
  // Output positions [run_begin, run_end) see input positions side by side.
  index_t run_begin, run_end;
  T outside;  // where `at` is -1
};

/// The three axes of a volume.
template <class T>
struct ResampledVolume {
  ResampledAxis<T> depth, rows, columns;
};

/// The tables of a ResampledAxis, made at compile time.
template <class T, class Rule, index_t Output>
struct ResamplingTables {
  static constexpr auto size = static_cast<std::size_t>(Output);
  static constexpr bool blends = Rule::blends;
  std::array<std::int32_t, size> at{};
  std::array<std::int32_t, blends ? size : 1> next{};
  std::array<T, blends ? size : 1> fraction{};
  index_t run_begin = 0, run_end = 0;

  constexpr explicit ResamplingTables(const Rule& axis) {
    index_t begin = 0;
    for (index_t o = 0; o < Output; ++o) {
      const auto i = static_cast<std::size_t>(o);
      at[i] = static_cast<std::int32_t>(axis.at(o));
      if constexpr (blends) {
        next[i] = static_cast<std::int32_t>(axis.next(o));
        fraction[i] = static_cast<T>(axis.fraction(o));
      } else {
        if (o > 0 && at[i] != at[i - 1] + 1) begin = o;
        if (at[i] < 0) begin = o + 1;
        if (o + 1 - begin > run_end - run_begin) {
          run_begin = begin;
          run_end = o + 1;
        }
      }
    }
  }
  constexpr ResampledAxis<T> axis(index_t input) const {
    return {input, Output, at.data(), next.data(), fraction.data(), run_begin, run_end, static_cast<T>(Rule::outside)};
  }
};

namespace detail {

/// Resamples one row without blending: to[o] = from[at[o]], for `from` (input, Pixel) and `to` (output, Pixel).
template <index_t Pixel, class T>
void spread(const ResampledAxis<T>& columns, const T* from, T* to) noexcept {
  const auto pick = [&](index_t begin, index_t end) {
    for (index_t o = begin; o < end; ++o)
      if (const index_t at = columns.at[o]; at < 0)
        std::fill_n(to + o * Pixel, Pixel, columns.outside);
      else
        std::copy_n(from + at * Pixel, Pixel, to + o * Pixel);
  };
  pick(0, columns.run_begin);
  if (const index_t run = columns.run_end - columns.run_begin; run > 0)
    std::copy_n(from + columns.at[columns.run_begin] * Pixel, run * Pixel, to + columns.run_begin * Pixel);
  pick(columns.run_end, columns.output);
}

/// Adds the transpose of `spread` to `grad_from` (input): grad_from[at[o]] += grad_to[o], for `grad_to` (output).
template <class T>
void gather(const ResampledAxis<T>& columns, const T* grad_to, T* grad_from) noexcept {
  const auto add = [&](index_t begin, index_t end) {
    for (index_t o = begin; o < end;) {
      const index_t at = columns.at[o];
      T sum = grad_to[o];
      while (++o < end && columns.at[o] == at) sum += grad_to[o];
      if (at >= 0) grad_from[at] += sum;
    }
  };
  add(0, columns.run_begin);
  if (const index_t run = columns.run_end - columns.run_begin; run > 0)
    map_gradient<T>(
        run, true, [](const auto& g) { return g; }, grad_from + columns.at[columns.run_begin],
        grad_to + columns.run_begin);
  add(columns.run_end, columns.output);
}

/// Resamples one row with blending: to[o] is from[at[o]] and from[next[o]] in proportion, for `from` (input, Pixel) and
/// `to` (output, Pixel).
template <index_t Pixel, class T>
void blend_columns(const ResampledAxis<T>& columns, const T* from, T* to) noexcept {
  for (index_t o = 0; o < columns.output; ++o) {
    const T *a = from + columns.at[o] * Pixel, *b = from + columns.next[o] * Pixel;
    const T f = columns.fraction[o];
    if constexpr (Pixel == 1) {
      to[o] = (T(1) - f) * *a + f * *b;
    } else {
      const Vector<T> blended = (T(1) - f) * Vector<T>::load_unaligned(a) + f * Vector<T>::load_unaligned(b);
      blended.store_unaligned(to + o * Pixel);
    }
  }
}

/// Adds the transpose of `blend_columns` of `grad_to` (output) to `grad_from` (input).
template <class T>
void unblend_columns(const ResampledAxis<T>& columns, const T* grad_to, T* grad_from) noexcept {
  for (index_t o = 0; o < columns.output; ++o) {
    grad_from[columns.at[o]] += (T(1) - columns.fraction[o]) * grad_to[o];
    grad_from[columns.next[o]] += columns.fraction[o] * grad_to[o];
  }
}

/// The two rows that neighbouring output rows share, each with the number of the input row it belongs to. Neighbouring
/// input rows have different places, the even and the odd one.
template <class T>
class RowPair {
 public:
  /// Keeps the rows in `elements` (2, size).
  RowPair(T* elements, index_t size) : elements_(elements), size_(size) {}
  /// Returns the place of input row `number`. If it held another row, `before`, or none, -1, calls
  /// `change(elements, before)` first.
  template <class Change>
  T* row(index_t number, Change&& change) {
    const index_t place = number % 2;
    T* elements = elements_ + place * size_;
    if (held_[place] != number) change(elements, held_[place]);
    held_[place] = number;
    return elements;
  }
  template <class F>
  void for_each(F&& f) {
    for (const index_t place : {0, 1})
      if (held_[place] >= 0) f(elements_ + place * size_, held_[place]);
  }

 private:
  T* elements_;
  index_t size_;
  index_t held_[2] = {-1, -1};
};

}  // namespace detail

/// Elements of the workspace of `resample`.
template <bool Blends>
constexpr index_t resample_workspace_size(index_t output_columns, index_t pixel) {
  return Blends ? 2 * output_columns * pixel : 0;
}

namespace detail {
/// Resamples one plane `x` (input rows, input columns, Pixel) to `y` (output rows, output columns, Pixel).
template <bool Blends, index_t Pixel, class T>
void resample_plane(const ResampledAxis<T>& rows, const ResampledAxis<T>& columns, const T* x, T* y,
                    [[maybe_unused]] T* workspace) noexcept {
  const index_t in_width = columns.input * Pixel, out_width = columns.output * Pixel;
  if constexpr (Blends) {
    RowPair<T> blended(workspace, out_width);
    const auto input_row = [&](index_t number) -> const T* {
      return blended.row(number,
                         [&](T* elements, index_t) { blend_columns<Pixel>(columns, x + number * in_width, elements); });
    };
    for (index_t o = 0; o < rows.output; ++o, y += out_width) {
      const T *a = input_row(rows.at[o]), *b = input_row(rows.next[o]);
      map<T>(
          out_width,
          [f = rows.fraction[o]](const auto& u, const auto& v) TENON_ALWAYS_INLINE { return (T(1) - f) * u + f * v; },
          y, a, b);
    }
  } else {
    for (index_t o = 0; o < rows.output; ++o, y += out_width)
      if (rows.at[o] < 0)
        std::fill_n(y, out_width, rows.outside);
      else if (o > 0 && rows.at[o] == rows.at[o - 1])
        std::copy_n(y - out_width, out_width, y);
      else
        spread<Pixel>(columns, x + rows.at[o] * in_width, y);
  }
}
}  // namespace detail

/// Resamples `x` (planes, input depth, input rows, input columns, Pixel) to `y` (planes, output depth, output rows,
/// output columns, Pixel). `workspace` has `resample_workspace_size` elements; without blending it may be null.
template <bool Blends, index_t Pixel, class T>
void resample(index_t planes, const ResampledVolume<T>& axes, const T* x, T* y, T* workspace) noexcept {
  const auto& [depth, rows, columns] = axes;
  const index_t in_plane = rows.input * columns.input * Pixel, out_plane = rows.output * columns.output * Pixel;
  for (index_t plane = 0; plane < planes; ++plane, x += depth.input * in_plane)
    for (index_t o = 0; o < depth.output; ++o, y += out_plane)
      if (const index_t at = depth.at[o]; at < 0)
        std::fill_n(y, out_plane, depth.outside);
      else
        detail::resample_plane<Blends, Pixel>(rows, columns, x + at * in_plane, y, workspace);
}

/// Elements of the workspace of `add_resample_gradient`.
template <bool Blends>
constexpr index_t resample_gradient_workspace_size(index_t output_columns) {
  return (Blends ? 2 : 1) * output_columns;
}

namespace detail {
/// Adds the transpose of `resample_plane` of `grad_y` (output rows, output columns) to `grad_x` (input rows, input
/// columns).
template <bool Blends, class T>
void add_plane_gradient(const ResampledAxis<T>& rows, const ResampledAxis<T>& columns, const T* grad_y, T* grad_x,
                        T* workspace) noexcept {
  if constexpr (Blends) {
    // The gradients of the output rows that read an input row are first summed as rows of output columns.
    RowPair<T> sums(workspace, columns.output);
    const auto finish = [&](const T* elements, index_t number) {
      unblend_columns(columns, elements, grad_x + number * columns.input);
    };
    const auto add = [&](index_t number, T part, const T* from) {
      T* sum = sums.row(number, [&](T* elements, index_t before) {
        if (before >= 0) finish(elements, before);
        std::fill_n(elements, columns.output, T(0));
      });
      map_gradient<T>(columns.output, true, [part](const auto& g) TENON_ALWAYS_INLINE { return part * g; }, sum, from);
    };
    for (index_t o = 0; o < rows.output; ++o, grad_y += columns.output) {
      add(rows.at[o], T(1) - rows.fraction[o], grad_y);
      add(rows.next[o], rows.fraction[o], grad_y);
    }
    sums.for_each(finish);
  } else {
    const auto sum = [](const auto& a, const auto& b) TENON_ALWAYS_INLINE { return a + b; };
    for (index_t o = 0; o < rows.output;) {
      const index_t at = rows.at[o];
      const T* row = grad_y;
      for (grad_y += columns.output; ++o < rows.output && rows.at[o] == at; grad_y += columns.output) {
        map<T>(columns.output, sum, workspace, row, grad_y);
        row = workspace;
      }
      if (at >= 0) gather(columns, row, grad_x + at * columns.input);
    }
  }
}
}  // namespace detail

/// Adds the transpose of `resample` of `grad_y` (planes, output depth, output rows, output columns) to `grad_x`
/// (planes, input depth, input rows, input columns).
template <bool Blends, class T>
void add_resample_gradient(index_t planes, const ResampledVolume<T>& axes, const T* grad_y, T* grad_x,
                           T* workspace) noexcept {
  const auto& [depth, rows, columns] = axes;
  const index_t in_plane = rows.input * columns.input, out_plane = rows.output * columns.output;
  for (index_t plane = 0; plane < planes; ++plane, grad_x += depth.input * in_plane)
    for (index_t o = 0; o < depth.output; ++o, grad_y += out_plane)
      if (const index_t at = depth.at[o]; at >= 0)
        detail::add_plane_gradient<Blends>(rows, columns, grad_y, grad_x + at * in_plane, workspace);
}

/// The resampling of an image of shape `S` by `Operation`, with its tables.
template <class T, class Operation, class S>
struct Resampling {
  static constexpr auto volume = resampling::in_volume(Operation::axes(S{}));
  using Rule = typename decltype(volume)::value_type;
  static constexpr bool blends = Rule::blends;
  static constexpr index_t output_columns = volume[2].output;

  static constexpr ResampledVolume<T> axes() { return {axis<0>(), axis<1>(), axis<2>()}; }

 private:
  template <std::size_t Axis>
  static constexpr ResamplingTables<T, Rule, volume[Axis].output> tables{volume[Axis]};
  template <std::size_t Axis>
  static constexpr ResampledAxis<T> axis() {
    return tables<Axis>.axis(volume[Axis].input);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu::micro
