/// \file
/// Losses of elements and of rows on the device: the terms of core/loss.hpp, summed up.
#pragma once

#include <tenon/nn/element_loss.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Adds the gradient of a row of `Row`, scaled by `*grad_y / divisor`; `grad_y` is a scalar in device memory.
template <class Row, class T>
struct RowGradient {
  Row row;
  const T* grad_y;
  double divisor;
  TENON_HOST_DEVICE void operator()(index_t n) const { row.add_gradient(n, static_cast<double>(*grad_y) / divisor); }
};
/// Adds the gradients of all rows, scaled by `*grad_y / divisor`; `grad_y` is a scalar in device memory.
template <class Row, class T>
void add_row_gradients(index_t rows, const Row& row, const T* grad_y, double divisor) {
  launch(rows, RowGradient<Row, T>{row, grad_y, divisor});
}

/// loss::CosineEmbedding of the rows of two tensors, each row read by one thread: `first` and `second` (rows, size),
/// `target` (rows). `grad_first` and `grad_second` (rows, size) are added to; null where nobody wants them.
template <class T, class Label>
struct CosineEmbeddingRow {
  index_t size;
  double margin;
  const T *first, *second;
  const Label* target;
  T *grad_first, *grad_second;

  TENON_HOST_DEVICE double operator()(index_t row) const { return products(row).value(target[row], margin); }
  TENON_HOST_DEVICE void add_gradient(index_t row, double scale) const {
    const loss::CosineEmbedding p = products(row);
    const double slope = scale * p.slope(target[row], margin);
    for (index_t i = row * size; i < (row + 1) * size; ++i) {
      const auto a = static_cast<double>(first[i]), b = static_cast<double>(second[i]);
      if (grad_first) grad_first[i] += static_cast<T>(slope * (p.by_other() * b - p.by_own(p.first_squared) * a));
      if (grad_second) grad_second[i] += static_cast<T>(slope * (p.by_other() * a - p.by_own(p.second_squared) * b));
    }
  }

 private:
  TENON_HOST_DEVICE loss::CosineEmbedding products(index_t row) const {
    double both = 0, first_squared = 0, second_squared = 0;
    for (index_t i = row * size; i < (row + 1) * size; ++i) {
      const auto a = static_cast<double>(first[i]), b = static_cast<double>(second[i]);
      both += a * b;
      first_squared += a * a;
      second_squared += b * b;
    }
    return {both, first_squared, second_squared};
  }
};

template <double Margin, bool SizeAverage>
struct Kernel<operation::CosineEmbeddingLoss<Margin, SizeAverage>> {
  using Operation = operation::CosineEmbeddingLoss<Margin, SizeAverage>;

  template <class Y, class X, class Target>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& first, const X& second,
                      const Target& target) {
    using S = shape_of_t<X>;
    const CosineEmbeddingRow<typename X::value_type, typename Target::value_type> row{
        S::dims[1], Margin, first.data(), second.data(), target.data(), nullptr, nullptr};
    y.fill(static_cast<typename Y::value_type>(sum(S::dims[0], row) / Operation::template divisor<S>()));
  }
  template <class Y, class X, class Target>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& first, const autograd::Input<X>& second,
                       const autograd::Input<Target>& target) {
    using S = shape_of_t<X>;
    using T = typename X::value_type;
    T *const grad_first = first.grad_to_add(), *const grad_second = second.grad_to_add();
    const CosineEmbeddingRow<T, typename Target::value_type> row{
        S::dims[1], Margin, first.value.data(), second.value.data(), target.value.data(), grad_first, grad_second};
    target.grad_to_add();  // a label has none
    add_row_gradients(S::dims[0], row, grad_y.data(), Operation::template divisor<S>());
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
