/// \file
/// The functions of a `forward` on the device.
#pragma once

#include <tenon/nn/containers.hpp>

#include "gemm.hpp"
#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// function(combine(a, b))
template <class Combine, class Function>
struct CombineThen {
  Combine combine;
  Function function;
  template <class T>
  TENON_HOST_DEVICE T operator()(const T& a, const T& b) const {
    return function(combine(a, b));
  }
};

template <class Combine, class Function = pointwise::Identity, class T>
void combine(index_t count, const T* a, const T* b, T* y) {
  thrust::transform(detail::policy(), a, a + count, b, y, CombineThen<Combine, Function>{});
}

/// a + b, a - b, a * b, a / b.
template <class Operation>
  requires requires { typename Operation::combines_by; }
struct Kernel<Operation> {
  using Function = typename Operation::combines_by;
  template <class X>
  static void forward(const Operation&, autograd::NothingSaved*, X& y, const X& a, const X& b) {
    combine<Function>(shape_of_t<X>::size, a.data(), b.data(), y.data());
  }
  template <class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& a, const autograd::Input<X>& b) {
    add_gradient<typename Function::first_gradient>(grad_y, a, b.value);
    add_gradient<typename Function::second_gradient>(grad_y, b, a.value);
  }

 private:
  template <class Gradient, class X>
  static void add_gradient(const X& grad_y, const autograd::Input<X>& x, const X& other) {
    if (!x.grad) return;
    using T = typename X::value_type;
    if constexpr (pointwise::reads_both_operands<Gradient, T>)
      map_gradient(shape_of_t<X>::size, x.accumulate, Gradient{}, x.grad, grad_y.data(), other.data(), x.value.data());
    else if constexpr (pointwise::reads_operand<Gradient, T>)
      map_gradient(shape_of_t<X>::size, x.accumulate, Gradient{}, x.grad, grad_y.data(), other.data());
    else
      map_gradient(shape_of_t<X>::size, x.accumulate, Gradient{}, x.grad, grad_y.data());
  }
};

template <>
struct Kernel<operation::Affine> {
  template <class X>
  static void forward(const operation::Affine& affine, autograd::NothingSaved*, X& y, const X& x) {
    map(shape_of_t<X>::size, affine.function<typename X::value_type>(), x.data(), y.data());
  }
  template <class X>
  static void backward(const operation::Affine& affine, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& x) {
    const operation::Affine gradient{.scale = affine.scale};
    if (x.grad)
      map_gradient(shape_of_t<X>::size, x.accumulate, gradient.function<typename X::value_type>(), x.grad,
                   grad_y.data());
  }
};

/// x / number, number / x.
template <operation::TakesNumber Operation>
struct Kernel<Operation> {
  template <class X>
  static void forward(const Operation& operation, autograd::NothingSaved*, X& y, const X& x) {
    using T = typename X::value_type;
    map(shape_of_t<X>::size, operation.template function<T>(), x.data(), y.data());
  }
  template <class X>
  static void backward(const Operation& operation, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& x) {
    using T = typename X::value_type;
    if (!x.grad) return;
    const auto gradient = operation.template gradient<T>();
    if constexpr (pointwise::reads_operand<decltype(operation.template gradient<T>()), T>)
      map_gradient(shape_of_t<X>::size, x.accumulate, gradient, x.grad, grad_y.data(), x.value.data());
    else
      map_gradient(shape_of_t<X>::size, x.accumulate, gradient, x.grad, grad_y.data());
  }
};

template <>
struct Kernel<operation::MatrixProduct> {
  template <class Y, class A, class B>
  static void forward(const operation::MatrixProduct&, autograd::NothingSaved*, Y& y, const A& a, const B& b) {
    constexpr index_t m = shape_of_t<A>::dims[0], k = shape_of_t<A>::dims[1], n = shape_of_t<B>::dims[1];
    gemm<typename A::value_type>({.m = m, .n = n, .k = k}, a.data(), b.data(), y.data());
  }
  template <class Y, class A, class B>
  static void backward(const operation::MatrixProduct&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<A>& a, const autograd::Input<B>& b) {
    using T = typename A::value_type;
    constexpr index_t m = shape_of_t<A>::dims[0], k = shape_of_t<A>::dims[1], n = shape_of_t<B>::dims[1];
    if (a.grad)
      gemm<T>({.m = m, .n = k, .k = n, .b = Stored::transposed, .accumulate = a.accumulate}, grad_y.data(),
              b.value.data(), a.grad);
    if (b.grad)
      gemm<T>({.m = k, .n = n, .k = m, .a = Stored::transposed, .accumulate = b.accumulate}, a.value.data(),
              grad_y.data(), b.grad);
  }
};

/// Rows of `size` elements into rows `pitch` apart.
template <class T>
struct CopyRows {
  index_t size, pitch;
  const T* x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const { y[i / size * pitch + i % size] = x[i]; }
};
template <class T>
void copy_rows(index_t count, index_t size, index_t pitch, const T* x, T* y) {
  launch(count * size, CopyRows<T>{size, pitch, x, y});
}

/// Rows of `size` elements from rows `pitch` apart, or what is there and those.
template <class T>
struct GatherRows {
  index_t size, pitch;
  bool accumulate;
  const T* x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const T value = x[i / size * pitch + i % size];
    y[i] = accumulate ? y[i] + value : value;
  }
};

template <int Dim>
struct Kernel<operation::Cat<Dim>> {
  template <class Y, class... X>
  static void forward(const operation::Cat<Dim>&, autograd::NothingSaved*, Y& y, const X&... x) {
    auto* to = y.data();
    (copy_rows(rows<X>, row<X>, row<Y>, x.data(), std::exchange(to, to + row<X>)), ...);
  }
  template <class Y, class... X>
  static void backward(const operation::Cat<Dim>&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>&... x) {
    const auto* from = grad_y.data();
    (add_gradient<Y>(std::exchange(from, from + row<X>), x), ...);
  }

 private:
  template <class X>
  static constexpr index_t row = operation::Cat<Dim>::template row<shape_of_t<X>>;
  template <class X>
  static constexpr index_t rows = shape_of_t<X>::size / row<X>;

  template <class Y, class X>
  static void add_gradient(const typename X::value_type* from, const autograd::Input<X>& x) {
    if (x.grad)
      launch(shape_of_t<X>::size, GatherRows<typename X::value_type>{row<X>, row<Y>, x.accumulate, from, x.grad});
  }
};

template <>
struct Kernel<operation::Select> {
  template <class Y, class X>
  static void forward(const operation::Select& select, autograd::NothingSaved*, Y& y, const X& x) {
    copy_on_device(x.data() + select.index * shape_of_t<Y>::size, shape_of_t<Y>::size, y.data());
  }
  template <class Y, class X>
  static void backward(const operation::Select& select, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    if (x.grad)
      map_gradient(shape_of_t<Y>::size, true, pointwise::Identity{},
                   x.grad_to_add() + select.index * shape_of_t<Y>::size, grad_y.data());
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

// Argument-dependent lookup looks here for Tensors and Variables of this place.
using tenon::cat;
using tenon::mm;
using tenon::reshape;
using tenon::operator+;
using tenon::operator-;
using tenon::operator*;
using tenon::operator/;

}  // namespace tenon::inline TENON_ISA::cuda
