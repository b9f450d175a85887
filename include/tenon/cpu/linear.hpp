/// \file
/// Linear layers on the CPU.
#pragma once

#include "../nn/linear.hpp"
#include "micro/columns.hpp"
#include "micro/gemm.hpp"
#include "micro/map.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <index_t In, index_t Out>
struct Kernel<operation::Linear<In, Out>> {
  using Operation = operation::Linear<In, Out>;
  template <class X>
  static constexpr index_t rows = shape_of_t<X>::size / In;

  template <class Y, class X, class W, class B>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x, const W& weight, const B& bias) {
    using T = typename X::value_type;
    constexpr index_t m = rows<X>;
    memory::Array<T> workspace(size(micro::gemm_workspace_size<T>(m, Out, In)));
    micro::gemm<T>(m, Out, In, {x.data(), In, 1}, {weight.data(), 1, In},
                   micro::Start<T>::per_column(elements_or_null(bias)), y.data(), Out, workspace.data());
  }

  template <class Y, class X, class W, class B>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    using T = typename X::value_type;
    constexpr index_t m = rows<X>;
    memory::Array<T> workspace(
        size((std::max)(micro::gemm_workspace_size<T>(m, In, Out), micro::gemm_workspace_size<T>(Out, In, m))));
    if (x.grad)
      micro::gemm<T>(m, In, Out, {grad_y.data(), Out, 1}, {weight.value.data(), In, 1}, x.grad, In, x.accumulate,
                     workspace.data());
    if (weight.grad)
      micro::gemm<T>(Out, In, m, {grad_y.data(), 1, Out}, {x.value.data(), In, 1}, weight.grad, In, weight.accumulate,
                     workspace.data());
    if (T* grad = bias.grad_to_add()) {
      using V = micro::Vector<T>;
      micro::add_column_sums<T, 1>(
          m, Out, {grad}, [](const V&, const V& g) TENON_ALWAYS_INLINE { return std::array{g}; }, nullptr,
          grad_y.data());
    }
  }

 private:
  static constexpr std::size_t size(index_t elements) { return static_cast<std::size_t>(elements); }
};

}  // namespace tenon::inline TENON_ISA::cpu
