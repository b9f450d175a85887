/// \file
/// Functions that the kernels of all chapters use. Pointers are to device memory.
#pragma once

#include <thrust/find.h>
#include <thrust/functional.h>
#include <thrust/transform_reduce.h>

#include "maps.hpp"
#include "tensor.hpp"

namespace tenon::inline TENON_ISA::cuda {

namespace detail {
template <class Term, class T>
struct AddTerm {
  bool accumulate;
  Term term;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const T value = term(i);
    y[i] = accumulate ? y[i] + value : value;
  }
};
}  // namespace detail

/// Computes y[i] = term(i) for `y` (count), or adds it with `accumulate`.
template <class Term, class T>
void tabulate(index_t count, bool accumulate, const Term& term, T* y) {
  launch(count, detail::AddTerm<Term, T>{accumulate, term, y});
}
/// Computes or adds the gradient of an input, if it is wanted: `term(i)` for element i.
template <class X, class Term>
void tabulate_gradient(const autograd::Input<X>& x, const Term& term) {
  if (x.grad) tabulate(shape_of_t<X>::size, x.accumulate, term, x.grad);
}

/// Returns the sum of `term(i)` over all i in [0, count), in double.
template <class Term>
double sum(index_t count, const Term& term) {
  const thrust::counting_iterator<index_t> first(0);
  return thrust::transform_reduce(detail::policy_with_memory(), first, first + count, term, 0.0,
                                  thrust::plus<double>());
}
template <class Function, class... X>
double device::sum(index_t count, const Function& function, const X*... x) {
  return cuda::sum(count, detail::CallAt<Function, const X...>{function, thrust::tuple<const X*...>(x...)});
}
template <class Predicate, class T>
index_t device::find(index_t count, const Predicate& predicate, const T* x) {
  return thrust::find_if(detail::policy_with_memory(), x, x + count, predicate) - x;
}

/// Sums `term(i)` over the elements i of a part of a channel of (batch, channels, inner), for `sums` (parts, channels).
template <class Term>
struct ChannelParts {
  index_t channels, inner, count;  // count: elements of one channel
  index_t size;                    // of a part
  Term term;
  double* sums;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t part = i / channels, channel = i % channels;
    const index_t end = (part + 1) * size < count ? (part + 1) * size : count;
    double sum = 0;
    for (index_t k = part * size; k < end; ++k)
      sum += static_cast<double>(term((k / inner * channels + channel) * inner + k % inner));
    sums[i] = sum;
  }
};
/// Adds the sum of all parts of a channel, `sums` (parts, channels), to `total` (channels).
template <class T>
struct AddParts {
  index_t channels, parts;
  const double* sums;
  T* total;
  TENON_HOST_DEVICE void operator()(index_t channel) const {
    double sum = 0;
    for (index_t part = 0; part < parts; ++part) sum += sums[part * channels + channel];
    total[channel] += static_cast<T>(sum);
  }
};
/// Adds the sum of `term(i)` over the elements i of each channel of (batch, channels, inner) to `total` (channels).
template <class Term, class T>
void add_channel_sums(index_t batch, index_t channels, index_t inner, const Term& term, T* total) {
  const index_t count = batch * inner;
  index_t size = 256;
  while (size * size < count) size *= 2;  // about as many parts as a part has elements
  const index_t parts = (count + size - 1) / size;
  Array<double> sums(parts * channels);
  launch(parts * channels, ChannelParts<Term>{channels, inner, count, size, term, sums.data()});
  launch(channels, AddParts<T>{channels, parts, sums.data(), total});
}

/// Returns x[i]. The gradient of a bias is a sum of them.
template <class T>
struct ElementOf {
  const T* x;
  TENON_HOST_DEVICE T operator()(index_t i) const { return x[i]; }
};

/// Computes y = function(y + bias of the channel) for `y` (..., channels, inner) and `bias` (channels).
template <class T, class Function>
struct AddBias {
  index_t channels, inner;
  const T* bias;
  T* y;
  Function function;
  TENON_HOST_DEVICE void operator()(index_t i) const { y[i] = function(y[i] + bias[i / inner % channels]); }
};

/// Computes y = function(y + bias of the channel) behind a matrix product: `y` (..., channels, inner), of `count`
/// elements, and `bias` (channels), which may be null.
template <class Function, class T>
void finish(index_t count, index_t channels, index_t inner, const T* bias, T* y) {
  if (bias)
    launch(count, AddBias<T, Function>{channels, inner, bias, y, {}});
  else if constexpr (!std::is_same_v<Function, pointwise::Identity>)
    device::map(count, Function{}, y, y);
}

}  // namespace tenon::inline TENON_ISA::cuda
