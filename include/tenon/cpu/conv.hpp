/// \file
/// Convolution on the CPU, and its transpose: each is the gradient of the other with respect to the input.
#pragma once

#include "../nn/conv.hpp"
#include "../nn/conv_transpose.hpp"
#include "micro/transposed_convolution.hpp"

namespace tenon::inline TENON_ISA::cpu {

/// The kernel of convolutions and of transposed convolutions.
template <class Operation>
struct ConvolutionKernel {
  template <class Y, class X, class W, class B>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x, const W& weight, const B& bias) {
    using T = typename X::value_type;
    static constexpr Pass<T, Operation::transposed> pass(Operation::geometry(shape_of_t<X>{}));
    const auto packed = pack(pass, weight.data());
    pass.run(x.data(), packed.data(), elements_or_null(bias), y.data(), array<T>(pass.workspace_size()).data());
  }

  template <class Y, class X, class W, class B>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight, const autograd::Input<B>& bias) {
    using T = typename X::value_type;
    static constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    if (T* grad = x.grad_to_add()) {
      static constexpr Pass<T, !Operation::transposed> reverse(geometry);
      const auto packed = pack(reverse, weight.value.data());
      reverse.add(grad_y.data(), packed.data(), grad, array<T>(reverse.workspace_size()).data());
    }
    if (T* grad = weight.grad_to_add()) {
      // What the convolution that both are passes of reads, and the gradient of what it writes.
      const T *read = x.value.data(), *written = grad_y.data();
      if (Operation::transposed) std::swap(read, written);
      micro::convolution_backward_weight<T>(
          geometry, read, written, grad,
          array<T>(micro::convolution_backward_weight_workspace_size<T>(geometry)).data());
    }
    if (T* grad = bias.grad_to_add())
      micro::add_channel_sums<T>(geometry.batch, Operation::out_channels,
                                 shape_of_t<Y>::size / (geometry.batch * Operation::out_channels), grad_y.data(), grad);
  }

 private:
  template <class T, bool Transposed>
  using Pass = std::conditional_t<Transposed, micro::TransposedConvolution<T, Operation::rank>,
                                  micro::Convolution<T, Operation::rank>>;

  template <class T>
  static memory::Array<T> array(index_t size) {
    return memory::Array<T>(static_cast<std::size_t>(size));
  }
  /// Packs `weight` (out_channels, in_channels / groups, kernel axes...) of the convolution, as the pass reads it.
  template <class P, class T>
  static memory::Array<T> pack(const P& pass, const T* weight) {
    auto packed = array<T>(pass.packed_size());
    pass.pack(weight, packed.data());
    return packed;
  }
};

template <int Rank, index_t In, index_t Out, class K, class S, class P, class D, index_t Groups>
struct Kernel<operation::Conv<Rank, In, Out, K, S, P, D, Groups>>
    : ConvolutionKernel<operation::Conv<Rank, In, Out, K, S, P, D, Groups>> {};

template <int Rank, index_t In, index_t Out, class K, class S, class P, class OutputPadding, class D, index_t Groups>
struct Kernel<operation::ConvTranspose<Rank, In, Out, K, S, P, OutputPadding, D, Groups>>
    : ConvolutionKernel<operation::ConvTranspose<Rank, In, Out, K, S, P, OutputPadding, D, Groups>> {};

}  // namespace tenon::inline TENON_ISA::cpu
