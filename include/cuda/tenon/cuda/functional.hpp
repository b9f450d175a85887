/// \file
/// The functions of a `forward` on the device.
#pragma once

#include <tenon/nn/containers.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// function(a + b)
template <class Function>
struct AddThen {
  Function function;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& a, const T& b) const {
    return function(a + b);
  }
};

template <class Function = pointwise::Identity, class T>
void add(index_t count, const T* a, const T* b, T* y) {
  thrust::transform(detail::policy(), a, a + count, b, y, AddThen<Function>{});
}

template <>
struct Kernel<operation::Add> {
  template <class X>
  static void forward(const operation::Add&, autograd::NothingSaved*, X& y, const X& a, const X& b) {
    add(shape_of_t<X>::size, a.data(), b.data(), y.data());
  }
  template <class X>
  static void backward(const operation::Add&, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& a, const autograd::Input<X>& b) {
    pass_gradient(grad_y, a);
    pass_gradient(grad_y, b);
  }
};

/// Flatten, reshape: the same elements.
template <class Operation>
  requires(Operation::keeps_elements)
struct Kernel<Operation> {
  template <class Y, class X>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x) {
    copy_on_device(x.data(), shape_of_t<X>::size, y.data());
  }
  template <class Y, class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    pass_gradient(grad_y, x);
  }
};

// Argument-dependent lookup looks here for Variables of this place.
using tenon::operator+;
template <class T, class U, index_t... D, index_t... E>
auto operator+(const Tensor<T, D...>& a, const Tensor<U, E...>& b) {
  return apply(operation::Add{}, a, b);
}

}  // namespace tenon::inline TENON_ISA::cuda
