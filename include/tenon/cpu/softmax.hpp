/// \file
/// Softmax, Softmin and LogSoftmax on the CPU.
#pragma once

#include "../nn/softmax.hpp"
#include "micro/softmax.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class Operation>
  requires operation::AnySoftmax<Operation>
struct Kernel<Operation> {
  template <class S>
  static constexpr micro::AxisView axis = micro::axis_view(S::dims, Operation::template axis<S::rank>);
  using Function = typename Operation::function;

  template <class X>
  static void forward(const Operation&, autograd::NothingSaved*, X& y, const X& x) {
    micro::softmax<Operation::logarithm>(axis<shape_of_t<X>>, Function{}, x.data(), y.data());
  }
  template <class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const X& y, const X& grad_y,
                       const autograd::Input<X>& x) {
    using V = micro::Vector<typename X::value_type>;
    if (x.grad)
      micro::softmax_gradient<Operation::logarithm>(
          axis<shape_of_t<X>>, x.accumulate, [](const V& g) { return Function{}.gradient(g, g); }, y.data(),
          grad_y.data(), x.grad);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
