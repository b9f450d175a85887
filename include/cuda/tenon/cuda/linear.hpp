/// \file
/// Linear layers on the device.
#pragma once

#include <tenon/nn/linear.hpp>

#include "gemm.hpp"
#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Computes `y` (rows, out) = `x` (rows, in) * `weight` (out, in)^T + `bias` (out), which may be null.
template <class T>
void linear(index_t rows, index_t in, index_t out, const T* x, const T* weight, const T* bias, T* y) {
  gemm<T>({.m = rows, .n = out, .k = in, .b = Stored::transposed}, x, weight, y);
  finish<pointwise::Identity>(rows * out, out, 1, bias, y);
}

template <index_t In, index_t Out>
struct Kernel<operation::Linear<In, Out>> {
  template <class Y, class X, class W, class B>
  static void forward(const operation::Linear<In, Out>&, autograd::NothingSaved*, Y& y, const X& x, const W& weight,
                      const B& bias) {
    using T = typename X::value_type;
    linear<T>(shape_of_t<X>::size / In, In, Out, x.data(), weight.data(), elements_or_null(bias), y.data());
  }

  template <class Y, class X, class W, class B>
  static void backward(const operation::Linear<In, Out>&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    using T = typename X::value_type;
    constexpr index_t rows = shape_of_t<X>::size / In;
    if (x.grad)
      gemm<T>({.m = rows, .n = In, .k = Out, .accumulate = x.accumulate}, grad_y.data(), weight.value.data(), x.grad);
    if (weight.grad)
      gemm<T>({.m = Out, .n = In, .k = rows, .a = Stored::transposed, .accumulate = weight.accumulate}, grad_y.data(),
              x.value.data(), weight.grad);
    if (T* grad = bias.grad_to_add()) add_channel_sums(rows, Out, 1, ElementOf<T>{grad_y.data()}, grad);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
