/// \file
/// Upsampling and padding on the device.
#pragma once

#include <tenon/core/resampling.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Computes one output pixel from input pixels of its plane: `x` (planes, input depth, input rows, input columns), `y`
/// (planes, output depth, output rows, output columns). Only rows and columns blend.
template <class T, class Rule>
struct Resample {
  Rule depth, rows, columns;
  const T* x;
  T* y;

  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t column = i % columns.output, row = i / columns.output % rows.output;
    const index_t slice = i / (columns.output * rows.output), at_depth = depth.at(slice % depth.output);
    const T* from = x + (slice / depth.output * depth.input + at_depth) * rows.input * columns.input;
    if constexpr (Rule::blends) {
      const T fraction = static_cast<T>(rows.fraction(row));
      y[i] = (1 - fraction) * blended(from + rows.at(row) * columns.input, column) +
             fraction * blended(from + rows.next(row) * columns.input, column);
    } else {
      const index_t at_row = rows.at(row), at_column = columns.at(column);
      const bool is_outside = at_depth < 0 || at_row < 0 || at_column < 0;
      y[i] = is_outside ? static_cast<T>(Rule::outside) : from[at_row * columns.input + at_column];
    }
  }

 private:
  /// Returns the blend of input row `from` (columns.input) at an output column.
  TENON_HOST_DEVICE T blended(const T* from, index_t column) const {
    const T fraction = static_cast<T>(columns.fraction(column));
    return (1 - fraction) * from[columns.at(column)] + fraction * from[columns.next(column)];
  }
};

/// Returns the gradient of one input pixel, a weighted sum over the output pixels that read it: `grad_y`
/// (planes, output depth, output rows, output columns).
template <class T, class Rule>
struct ResampleGradient {
  Rule depth, rows, columns;
  const T* grad_y;

  TENON_HOST_DEVICE T operator()(index_t i) const {
    const index_t slice = i / (columns.input * rows.input), at_depth = slice % depth.input;
    const T* from = grad_y + slice / depth.input * depth.output * rows.output * columns.output;
    T sum = 0;
    for (index_t d = 0; d < depth.readers(at_depth); ++d)
      if (const index_t reader = depth.reader(at_depth, d); reader >= 0)
        sum += part(depth, at_depth, reader) * over_plane(from + reader * rows.output * columns.output,
                                                          i / columns.input % rows.input, i % columns.input);
    return sum;
  }

 private:
  /// Returns the weighted sum over an output plane `from` (rows.output, columns.output) of the pixels that read an
  /// input pixel.
  TENON_HOST_DEVICE T over_plane(const T* from, index_t row, index_t column) const {
    T sum = 0;
    for (index_t r = 0; r < rows.readers(row); ++r)
      if (const index_t reader = rows.reader(row, r); reader >= 0)
        sum += part(rows, row, reader) * along_row(from + reader * columns.output, column);
    return sum;
  }
  /// Returns the weighted sum over output row `from` (columns.output) of the columns that read an input column.
  TENON_HOST_DEVICE T along_row(const T* from, index_t column) const {
    T sum = 0;
    for (index_t c = 0; c < columns.readers(column); ++c)
      if (const index_t reader = columns.reader(column, c); reader >= 0)
        sum += part(columns, column, reader) * from[reader];
    return sum;
  }
  TENON_HOST_DEVICE static T part(const Rule& axis, index_t input, index_t output) {
    if constexpr (Rule::blends)
      return static_cast<T>(resampling::weight(axis, input, output));
    else
      return T(1);
  }
};

/// Resamples `x`, of shape `S`, to `y`, of the shape that `Operation` makes of it.
template <class Operation, class S, class T>
void resample(const T* x, T* y) {
  constexpr auto axes = resampling::in_volume(Operation::axes(S{}));
  launch(decltype(Operation::output_shape(S{}))::size,
         Resample<T, typename decltype(axes)::value_type>{axes[0], axes[1], axes[2], x, y});
}

template <class Operation>
  requires(Operation::resamples)
struct Kernel<Operation> {
  template <class Y, class X>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x) {
    resample<Operation, shape_of_t<X>>(x.data(), y.data());
  }
  template <class Y, class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    using T = typename X::value_type;
    constexpr auto axes = resampling::in_volume(Operation::axes(shape_of_t<X>{}));
    tabulate_gradient(
        x, ResampleGradient<T, typename decltype(axes)::value_type>{axes[0], axes[1], axes[2], grad_y.data()});
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
