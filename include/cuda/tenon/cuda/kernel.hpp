/// \file
/// What the kernels of all chapters need.
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

/// y[i] = term(i), or that added to what is there.
template <class Term, class T>
void tabulate(index_t count, bool accumulate, const Term& term, T* y) {
  launch(count, detail::AddTerm<Term, T>{accumulate, term, y});
}
/// The gradient of an input, if it is wanted: that of element i is `term(i)`.
template <class X, class Term>
void tabulate_gradient(const autograd::Input<X>& x, const Term& term) {
  if (x.grad) tabulate(shape_of_t<X>::size, x.accumulate, term, x.grad);
}

/// The sum of `term(i)` for each i in [0, count), in double.
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

/// Sums of `term(i)` over the elements i of each channel of (batch, channels, inner), in parts: sums[part][channel].
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
/// total[channel] += sums[part][channel] of all parts.
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
/// total[c] += the sum of `term(i)` over the elements i of channel c of (batch, channels, inner).
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

/// The element i of x: what sums up to the gradient of a bias.
template <class T>
struct ElementOf {
  const T* x;
  TENON_HOST_DEVICE T operator()(index_t i) const { return x[i]; }
};

/// y = function(y + bias of the channel); a tensor is (..., channels, inner).
template <class T, class Function>
struct AddBias {
  index_t channels, inner;
  const T* bias;
  T* y;
  Function function;
  TENON_HOST_DEVICE void operator()(index_t i) const { y[i] = function(y[i] + bias[i / inner % channels]); }
};

/// What follows a matrix product: y = function(y + bias); without either, nothing.
template <class Function, class T>
void finish(index_t count, index_t channels, index_t inner, const T* bias, T* y) {
  if (bias)
    launch(count, AddBias<T, Function>{channels, inner, bias, y, {}});
  else if constexpr (!std::is_same_v<Function, pointwise::Identity>)
    device::map(count, Function{}, y, y);
}

}  // namespace tenon::inline TENON_ISA::cuda
