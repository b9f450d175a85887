/// \file
/// Embedding on the device.
#pragma once

#include <thrust/sequence.h>
#include <thrust/sort.h>

#include <tenon/core/norm.hpp>
#include <tenon/nn/embedding.hpp>

#include "index_check.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Looks up one element: `indices` (count), `table` (rows, columns), `y` (count, columns). It is zero where the table
/// has no such row.
template <class T>
struct LookUp {
  index_t rows, columns;
  const std::int64_t* indices;
  const T* table;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const std::int64_t index = indices[i / columns];
    y[i] = is_outside(index, rows) ? T(0) : table[index * columns + i % columns];
  }
};

/// Indices in ascending order, and the position of each in the input: all look-ups of a row stand side by side, in the
/// order of the input.
struct SortedIndices {
  Array<std::int64_t> index, position;

  /// Sorts `indices` (count), in device memory.
  SortedIndices(const std::int64_t* indices, index_t count) : index(count), position(count) {
    device::copy(indices, count, index.data());
    thrust::sequence(detail::policy(), position.data(), position.data() + count);
    thrust::stable_sort_by_key(detail::policy_with_memory(), index.data(), index.data() + count, position.data());
  }
};

/// Scales a row of `table` (rows, columns) to the P-norm `max_norm` if its own is larger. `sorted` has the rows that
/// are looked up; only the first of equal ones does anything.
template <class T, double P>
struct LimitNorm {
  index_t columns;
  T max_norm;
  const std::int64_t* sorted;
  T* table;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    if (i > 0 && sorted[i] == sorted[i - 1]) return;
    T* row = table + sorted[i] * columns;
    T sum = 0;
    for (index_t c = 0; c < columns; ++c) sum += Norm<P>::term(row[c]);
    const T norm = Norm<P>::root(sum);
    if (!(norm > max_norm)) return;
    for (index_t c = 0; c < columns; ++c) row[c] *= max_norm / (norm + static_cast<T>(1e-7));
  }
};

/// Adds the gradient of one element of a row that was looked up to `gradient` (rows, columns), from `grad_y`
/// (count, columns); `sorted` and `position` (count) are those of SortedIndices. The first look-up of a row adds the
/// gradients of all of them.
template <class T, class Operation>
struct AddLookUps {
  index_t count;
  const std::int64_t *sorted, *position;
  const T* grad_y;
  T* gradient;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    constexpr index_t columns = Operation::embedding_dim;
    const index_t first = i / columns, column = i % columns;
    const std::int64_t index = sorted[first];
    if (index == Operation::padding_idx || (first > 0 && index == sorted[first - 1])) return;
    T sum = 0;
    index_t l = first;
    for (; l < count && sorted[l] == index; ++l) sum += grad_y[position[l] * columns + column];
    if (Operation::scale_grad_by_freq) sum /= static_cast<T>(l - first);
    gradient[index * columns + column] += sum;
  }
};

template <class T, index_t Num, index_t Dim, index_t Padding, double MaxNorm, double NormType, bool ByFrequency>
struct Kernel<operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>> {
  using Operation = operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>;

  template <class Y, class X, class W>
  static void forward(const Operation& embedding, autograd::NothingSaved* saved, Y& y, const X& x, const W& weight) {
    constexpr index_t count = shape_of_t<X>::size;
    check_indices<device>(Operation::name, count, Num, x.data());
    const bool in_place = Operation::renormalizes && (saved || !embedding.only_reads);
    if constexpr (Operation::renormalizes) {
      if (in_place) {
        const SortedIndices sorted(x.data(), count);
        launch(count, LimitNorm<T, NormType>{Dim, static_cast<T>(MaxNorm), sorted.index.data(), embedding.table});
      }
    }
    launch(count * Dim, LookUp<T>{Num, Dim, x.data(), weight.data(), y.data()});
    if constexpr (Operation::renormalizes) {
      if (!in_place) {
        Array<std::int64_t> row(count);  // all rows of y
        thrust::sequence(detail::policy(), row.data(), row.data() + count);
        launch(count, LimitNorm<T, NormType>{Dim, static_cast<T>(MaxNorm), row.data(), y.data()});
      }
    }
  }

  template <class Y, class X, class W>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight) {
    constexpr index_t count = shape_of_t<X>::size;
    x.grad_to_add();  // indices have none
    T* gradient = weight.grad_to_add();
    if (!gradient) return;
    const SortedIndices sorted(x.value.data(), count);
    launch(count * Dim,
           AddLookUps<T, Operation>{count, sorted.index.data(), sorted.position.data(), grad_y.data(), gradient});
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
