/// \file
/// What the kernels of all chapters need.
#pragma once

#include <thrust/functional.h>
#include <thrust/transform_reduce.h>
#include <thrust/tuple.h>

#include <tenon/autograd/apply.hpp>
#include <tenon/core/pointwise.hpp>
#include <utility>

#include "tensor.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// y[i] = function(x[i]...), or that added to what is there.
template <class Function, class T, class... X>
struct MapGradient {
  bool accumulate;
  Function function;
  T* y;
  thrust::tuple<const X*...> x;

  TENON_HOST_DEVICE void operator()(index_t i) const {
    const T value = at(i, std::index_sequence_for<X...>{});
    y[i] = accumulate ? y[i] + value : value;
  }

 private:
  template <std::size_t... I>
  TENON_HOST_DEVICE T at(index_t i, std::index_sequence<I...>) const {
    return function(thrust::get<I>(x)[i]...);
  }
};

/// gradient[i] = function(x[i]...), or that added to what is there.
template <class Function, class T, class... X>
void map_gradient(index_t count, bool accumulate, const Function& function, T* gradient, const X*... x) {
  launch(count, MapGradient<Function, T, X...>{accumulate, function, gradient, thrust::tuple<const X*...>(x...)});
}

namespace detail {
template <class Term>
struct TermAt {
  Term term;
  TENON_HOST_DEVICE double operator()(index_t i) const { return term(i); }
};
}  // namespace detail

/// The sum of `term(i)` for each i in [0, count), in double.
template <class Term>
double sum(index_t count, const Term& term) {
  const thrust::counting_iterator<index_t> first(0);
  return thrust::transform_reduce(detail::policy_with_memory(), first, first + count, detail::TermAt<Term>{term}, 0.0,
                                  thrust::plus<double>());
}

/// The gradient of an input that reached the output unchanged.
template <class Y, class X>
void pass_gradient(const Y& grad_y, const autograd::Input<X>& x) {
  if (x.grad) map_gradient(shape_of_t<X>::size, x.accumulate, pointwise::Identity{}, x.grad, grad_y.data());
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
    map(count, Function{}, static_cast<const T*>(y), y);
}

}  // namespace tenon::inline TENON_ISA::cuda
