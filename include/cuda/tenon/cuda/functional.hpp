/// \file
/// The functions of a `forward` on the device.
#pragma once

#include <tenon/nn/containers.hpp>

#include "gemm.hpp"
#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

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

/// Copies one element of `x` (rows, size) to rows of `y` that begin `pitch` elements apart.
template <class T>
struct CopyRows {
  index_t size, pitch;
  const T* x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const { y[i / size * pitch + i % size] = x[i]; }
};
/// Copies `x` (count, size) to rows of `y` that begin `pitch` elements apart.
template <class T>
void copy_rows(index_t count, index_t size, index_t pitch, const T* x, T* y) {
  launch(count * size, CopyRows<T>{size, pitch, x, y});
}

/// Returns element i of (rows, size), from rows of `x` that begin `pitch` elements apart.
template <class T>
struct GatherRows {
  index_t size, pitch;
  const T* x;
  TENON_HOST_DEVICE T operator()(index_t i) const { return x[i / size * pitch + i % size]; }
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

  /// Copies or adds columns of the gradient of `Y`, the first of them at `from`, to the gradient of `x`.
  template <class Y, class X>
  static void add_gradient(const typename X::value_type* from, const autograd::Input<X>& x) {
    tabulate_gradient(x, GatherRows<typename X::value_type>{row<X>, row<Y>, from});
  }
};

// Argument-dependent lookup searches this namespace for Tensors and Variables of this place.
using tenon::cat;
using tenon::chunk;
using tenon::mm;
using tenon::narrow;
using tenon::permute;
using tenon::reshape;
using tenon::select;
using tenon::slice;
using tenon::split;
using tenon::transpose;
using tenon::operator+;
using tenon::operator-;
using tenon::operator*;
using tenon::operator/;

}  // namespace tenon::inline TENON_ISA::cuda
