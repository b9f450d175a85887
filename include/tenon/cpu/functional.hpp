/// \file
/// The functions of a `forward` on the CPU.
#pragma once

#include "../nn/containers.hpp"
#include "micro/gemm.hpp"
#include "micro/map.hpp"

namespace tenon::inline TENON_ISA::cpu {

namespace detail {
/// Adds `grad_y` to the gradient of an input that reached the output unchanged.
template <class Y, class X>
void pass_gradient(const Y& grad_y, const autograd::Input<X>& x) {
  using T = typename X::value_type;
  if (x.grad) micro::map_gradient<T>(shape_of_t<X>::size, x.accumulate, pointwise::Identity{}, x.grad, grad_y.data());
}
}  // namespace detail

/// a + b, a - b, a * b, a / b.
template <class Operation>
  requires requires { typename Operation::combines_by; }
struct Kernel<Operation> {
  using Function = typename Operation::combines_by;
  template <class X>
  static void forward(const Operation&, autograd::NothingSaved*, X& y, const X& a, const X& b) {
    micro::map<typename X::value_type>(shape_of_t<X>::size, Function{}, y.data(), a.data(), b.data());
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
    using T = typename X::value_type;
    if (!x.grad) return;
    if constexpr (pointwise::reads_both_operands<Gradient, T>)
      micro::map_gradient<T>(X::size(), x.accumulate, Gradient{}, x.grad, grad_y.data(), other.data(), x.value.data());
    else if constexpr (pointwise::reads_operand<Gradient, T>)
      micro::map_gradient<T>(X::size(), x.accumulate, Gradient{}, x.grad, grad_y.data(), other.data());
    else
      micro::map_gradient<T>(X::size(), x.accumulate, Gradient{}, x.grad, grad_y.data());
  }
};

template <>
struct Kernel<operation::Affine> {
  template <class X>
  static void forward(const operation::Affine& affine, autograd::NothingSaved*, X& y, const X& x) {
    using T = typename X::value_type;
    micro::map<T>(shape_of_t<X>::size, affine.function<T>(), y.data(), x.data());
  }
  template <class X>
  static void backward(const operation::Affine& affine, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& x) {
    using T = typename X::value_type;
    const operation::Affine gradient{.scale = affine.scale};
    if (x.grad)
      micro::map_gradient<T>(shape_of_t<X>::size, x.accumulate, gradient.function<T>(), x.grad, grad_y.data());
  }
};

/// x / number, number / x.
template <operation::TakesNumber Operation>
struct Kernel<Operation> {
  template <class X>
  static void forward(const Operation& operation, autograd::NothingSaved*, X& y, const X& x) {
    using T = typename X::value_type;
    micro::map<T>(shape_of_t<X>::size, operation.template function<T>(), y.data(), x.data());
  }
  template <class X>
  static void backward(const Operation& operation, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& x) {
    using T = typename X::value_type;
    if (!x.grad) return;
    const auto gradient = operation.template gradient<T>();
    if constexpr (pointwise::reads_operand<decltype(operation.template gradient<T>()), T>)
      micro::map_gradient<T>(X::size(), x.accumulate, gradient, x.grad, grad_y.data(), x.value.data());
    else
      micro::map_gradient<T>(X::size(), x.accumulate, gradient, x.grad, grad_y.data());
  }
};

template <>
struct Kernel<operation::MatrixProduct> {
  template <class Y, class A, class B>
  static void forward(const operation::MatrixProduct&, autograd::NothingSaved*, Y& y, const A& a, const B& b) {
    constexpr auto m = shape_of_t<A>::dims[0], k = shape_of_t<A>::dims[1], n = shape_of_t<B>::dims[1];
    multiply(m, n, k, micro::MatrixView<element<A>>{a.data(), k, 1}, {b.data(), n, 1}, y.data(), false);
  }
  template <class Y, class A, class B>
  static void backward(const operation::MatrixProduct&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<A>& a, const autograd::Input<B>& b) {
    constexpr auto m = shape_of_t<A>::dims[0], k = shape_of_t<A>::dims[1], n = shape_of_t<B>::dims[1];
    const micro::MatrixView<element<A>> gradient{grad_y.data(), n, 1};
    if (a.grad) multiply(m, k, n, gradient, {b.value.data(), 1, n}, a.grad, a.accumulate);
    if (b.grad) multiply(k, n, m, {a.value.data(), 1, k}, gradient, b.grad, b.accumulate);
  }

 private:
  template <class X>
  using element = typename X::value_type;
  /// c (m, n) = a (m, k) b (k, n), or c += a b.
  template <class T>
  static void multiply(index_t m, index_t n, index_t k, micro::MatrixView<T> a, micro::MatrixView<T> b, T* c,
                       bool accumulate) {
    memory::Array<T> workspace(static_cast<std::size_t>(micro::gemm_workspace_size<T>(m, n, k)));
    micro::gemm<T>(m, n, k, a, b, c, n, accumulate, workspace.data());
  }
};

template <int Dim>
struct Kernel<operation::Cat<Dim>> {
  template <class Y, class... X>
  static void forward(const operation::Cat<Dim>&, autograd::NothingSaved*, Y& y, const X&... x) {
    index_t at = 0;
    (copy(x, y, std::exchange(at, at + row<X>)), ...);
  }
  template <class Y, class... X>
  static void backward(const operation::Cat<Dim>&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>&... x) {
    index_t at = 0;
    (add_gradient(grad_y, x, std::exchange(at, at + row<X>)), ...);
  }

 private:
  template <class X>
  static constexpr index_t row = operation::Cat<Dim>::template row<shape_of_t<X>>;
  template <class X>
  static constexpr index_t rows = shape_of_t<X>::size / row<X>;

  /// `x` into the rows of `y`, from column `at` on.
  template <class X, class Y>
  static void copy(const X& x, Y& y, index_t at) {
    for (index_t r = 0; r < rows<X>; ++r) std::copy_n(x.data() + r * row<X>, row<X>, y.data() + r * row<Y> + at);
  }
  template <class X, class Y>
  static void add_gradient(const Y& grad_y, const autograd::Input<X>& x, index_t at) {
    if (!x.grad) return;
    for (index_t r = 0; r < rows<X>; ++r)
      micro::map_gradient<typename X::value_type>(row<X>, x.accumulate, pointwise::Identity{}, x.grad + r * row<X>,
                                                  grad_y.data() + r * row<Y> + at);
  }
};

template <>
struct Kernel<operation::Select> {
  template <class Y, class X>
  static void forward(const operation::Select& select, autograd::NothingSaved*, Y& y, const X& x) {
    constexpr index_t size = shape_of_t<Y>::size;
    std::copy_n(x.data() + select.index * size, size, y.data());
  }
  template <class Y, class X>
  static void backward(const operation::Select& select, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    if (!x.grad) return;
    constexpr index_t size = shape_of_t<Y>::size;
    micro::map_gradient<typename X::value_type>(size, true, pointwise::Identity{},
                                                x.grad_to_add() + select.index * size, grad_y.data());
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
