/// \file
/// The functions of a `forward` on the CPU.
#pragma once

#include "../nn/containers.hpp"
#include "maps.hpp"
#include "micro/gemm.hpp"
#include "micro/map.hpp"

namespace tenon::inline TENON_ISA::cpu {

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
  /// Computes `c` (m, n) = `a` (m, k) * `b` (k, n), or adds the product to `c` with `accumulate`.
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

  /// Copies the rows of `x` into the rows of `y`, from column `at` on.
  template <class X, class Y>
  static void copy(const X& x, Y& y, index_t at) {
    for (index_t r = 0; r < rows<X>; ++r) std::copy_n(x.data() + r * row<X>, row<X>, y.data() + r * row<Y> + at);
  }
  /// Copies or adds the columns of `grad_y` from `at` on to the gradient of `x`.
  template <class X, class Y>
  static void add_gradient(const Y& grad_y, const autograd::Input<X>& x, index_t at) {
    if (!x.grad) return;
    for (index_t r = 0; r < rows<X>; ++r)
      micro::map_gradient<typename X::value_type>(row<X>, x.accumulate, pointwise::Identity{}, x.grad + r * row<X>,
                                                  grad_y.data() + r * row<Y> + at);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
