/// \file
/// What the kernels of all chapters need.
#pragma once

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

/// The gradient of an input that reached the output unchanged.
template <class Y, class X>
void pass_gradient(const Y& grad_y, const autograd::Input<X>& x) {
  if (x.grad) map_gradient(shape_of_t<X>::size, x.accumulate, pointwise::Identity{}, x.grad, grad_y.data());
}

/// sum[c] += the elements of channel c of x (batch, channels, inner): the gradient of a bias.
template <class T>
struct AddChannelSums {
  index_t batch, channels, inner;
  const T* x;
  T* sum;
  TENON_HOST_DEVICE void operator()(index_t c) const {
    double total = 0;
    for (index_t n = 0; n < batch; ++n)
      for (const T* e = x + (n * channels + c) * inner; e != x + (n * channels + c + 1) * inner; ++e)
        total += static_cast<double>(*e);
    sum[c] += static_cast<T>(total);
  }
};
template <class T>
void add_channel_sums(index_t batch, index_t channels, index_t inner, const T* x, T* sum) {
  launch(channels, AddChannelSums<T>{batch, channels, inner, x, sum});
}

/// The elements of a parameter, or null of one that is left out.
template <class P>
const auto* elements_or_null(const P& parameter) {
  return parameter.data();
}
inline std::nullptr_t elements_or_null(const Absent&) { return nullptr; }

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
