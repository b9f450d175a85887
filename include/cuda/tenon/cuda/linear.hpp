/// \file
/// Linear layers on the device.
#pragma once

#include <tenon/nn/linear.hpp>

#include "gemm.hpp"
#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// y (rows, out) = function(x (rows, in) weight (out, in)^T + bias (out)); bias may be null.
template <class Function = pointwise::Identity, class T>
void linear(index_t rows, index_t in, index_t out, const T* x, const T* weight, const T* bias, T* y) {
  gemm<T>({.m = rows, .n = out, .k = in, .rhs = Rhs::transposed}, x, weight, y);
  finish<Function>(rows * out, out, 1, bias, y);
}

template <index_t In, index_t Out>
struct Kernel<operation::Linear<In, Out>> : ForwardOnly {
  template <class Y, class X, class W, class B>
  static void forward(const operation::Linear<In, Out>&, Saved*, Y& y, const X& x, const W& weight, const B& bias) {
    using T = typename X::value_type;
    linear<pointwise::Identity, T>(shape_of_t<X>::size / In, In, Out, x.data(), weight.data(), elements_or_null(bias),
                                   y.data());
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
