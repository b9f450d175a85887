/// \file
/// Convolution on the CPU.
#pragma once

#include "../nn/conv.hpp"
#include "micro/convolution.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <int Rank, index_t In, index_t Out, class K, class S, class P, class D, index_t Groups>
struct Kernel<operation::Conv<Rank, In, Out, K, S, P, D, Groups>> {
  using Operation = operation::Conv<Rank, In, Out, K, S, P, D, Groups>;

  template <class Y, class X, class W, class B>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x, const W& weight, const B& bias) {
    using T = typename X::value_type;
    static constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    const T* start = nullptr;
    if constexpr (!std::is_same_v<B, Absent>) start = bias.data();
    memory::Array<T> workspace(static_cast<std::size_t>(micro::convolution_forward_workspace_size<T>(geometry)));
    micro::convolution_forward<T>(geometry, x.data(), weight.data(), start, y.data(), workspace.data());
  }

  template <class Y, class X, class W, class B>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    using T = typename X::value_type;
    static constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    if (T* grad = x.grad_to_add()) {
      memory::Array<T> workspace(
          static_cast<std::size_t>(micro::convolution_backward_input_workspace_size<T>(geometry)));
      micro::convolution_backward_input<T>(geometry, grad_y.data(), weight.value.data(), grad, workspace.data());
    }
    if (T* grad = weight.grad_to_add()) {
      memory::Array<T> workspace(
          static_cast<std::size_t>(micro::convolution_backward_weight_workspace_size<T>(geometry)));
      micro::convolution_backward_weight<T>(geometry, x.value.data(), grad_y.data(), grad, workspace.data());
    }
    if constexpr (!std::is_same_v<B, Absent>)
      if (T* grad = bias.grad_to_add()) micro::convolution_backward_bias<T>(geometry, grad_y.data(), grad);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
