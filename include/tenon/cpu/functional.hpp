/// \file
/// The functions of a `forward` on the CPU.
#pragma once

#include "../nn/containers.hpp"
#include "micro/map.hpp"

namespace tenon::inline TENON_ISA::cpu {

namespace detail {
/// Adds `grad_y` to the gradient of an input that reached the output unchanged.
template <class Y, class X>
void pass_gradient(const Y& grad_y, const autograd::Input<X>& x) {
  using T = typename X::value_type;
  if (x.grad)
    micro::map_gradient<T>(shape_of_t<X>::size, x.accumulate, [](const auto& g) { return g; }, x.grad, grad_y.data());
}
}  // namespace detail

template <>
struct Kernel<operation::Add> {
  template <class X>
  static void forward(const operation::Add&, autograd::NothingSaved*, X& y, const X& a, const X& b) {
    micro::map<typename X::value_type>(
        shape_of_t<X>::size, [](const auto& u, const auto& v) { return u + v; }, y.data(), a.data(), b.data());
  }
  template <class X>
  static void backward(const operation::Add&, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& a, const autograd::Input<X>& b) {
    detail::pass_gradient(grad_y, a);
    detail::pass_gradient(grad_y, b);
  }
};

/// Flatten, reshape: the same elements.
template <class Operation>
  requires(Operation::keeps_elements)
struct Kernel<Operation> {
  template <class Y, class X>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x) {
    std::copy_n(x.data(), X::size(), y.data());
  }
  template <class Y, class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    detail::pass_gradient(grad_y, x);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
