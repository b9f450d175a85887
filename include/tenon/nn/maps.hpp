/// \file
/// Operations that are only a map, and how each place computes them.
#pragma once

#include "views.hpp"

namespace tenon::inline TENON_ISA::operation {

/// The kernel of a map, at the place of the tensors; specialised here. cpu/maps.hpp and cuda/maps.hpp name it as
/// theirs.
template <class Operation>
struct MapKernel;

/// The gradient of an input that reached the output unchanged.
template <class Y, class X>
void pass_gradient(const Y& grad_y, const autograd::Input<X>& x) {
  if (x.grad) X::place::map_gradient(shape_of_t<X>::size, x.accumulate, pointwise::Identity{}, x.grad, grad_y.data());
}

namespace detail {
/// The gradient of `x`: a functor of the result's gradient, and of as many of the further operands as it takes.
template <class Gradient, class X>
void map_gradient(const Gradient& gradient, const X& grad_y, const autograd::Input<X>& x,
                  const typename X::value_type* first, const typename X::value_type* second = nullptr) {
  using T = typename X::value_type;
  if (!x.grad) return;
  const auto map = [&](const auto*... operands) {
    X::place::map_gradient(shape_of_t<X>::size, x.accumulate, gradient, x.grad, grad_y.data(), operands...);
  };
  if constexpr (pointwise::reads_both_operands<Gradient, T>)
    map(first, second);
  else if constexpr (pointwise::reads_operand<Gradient, T>)
    map(first);
  else
    map();
}
}  // namespace detail

template <class Function>
struct MapKernel<Pointwise<Function>> {
  template <class X>
  static void forward(const Pointwise<Function>&, autograd::NothingSaved*, X& y, const X& x) {
    X::place::map(shape_of_t<X>::size, Function{}, y.data(), x.data());
  }
  template <class X>
  static void backward(const Pointwise<Function>&, const autograd::NothingSaved&, const X& y, const X& grad_y,
                       const autograd::Input<X>& x) {
    constexpr bool reads_output = Function::saves == pointwise::Saves::output;
    detail::map_gradient(pointwise::GradientOf<Function>{}, grad_y, x, reads_output ? y.data() : x.value.data());
  }
};

/// a + b, a - b, a * b, a / b.
template <class Operation>
  requires requires { typename Operation::combines_by; }
struct MapKernel<Operation> {
  using Function = typename Operation::combines_by;

  template <class X>
  static void forward(const Operation&, autograd::NothingSaved*, X& y, const X& a, const X& b) {
    X::place::map(shape_of_t<X>::size, Function{}, y.data(), a.data(), b.data());
  }
  template <class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& a, const autograd::Input<X>& b) {
    detail::map_gradient(typename Function::first_gradient{}, grad_y, a, b.value.data(), a.value.data());
    detail::map_gradient(typename Function::second_gradient{}, grad_y, b, a.value.data(), b.value.data());
  }
};

/// scale * x + shift, x / number, number / x.
template <TakesNumbers Operation>
struct MapKernel<Operation> {
  template <class X>
  static void forward(const Operation& operation, autograd::NothingSaved*, X& y, const X& x) {
    X::place::map(shape_of_t<X>::size, operation.template function<typename X::value_type>(), y.data(), x.data());
  }
  template <class X>
  static void backward(const Operation& operation, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& x) {
    detail::map_gradient(operation.template gradient<typename X::value_type>(), grad_y, x, x.value.data());
  }
};

/// x[i], narrow, select, slice, permute: elements of x.
template <class Operation>
  requires(Operation::picks_elements)
struct MapKernel<Operation> {
  template <class Y, class X>
  static void forward(const Operation& operation, autograd::NothingSaved*, Y& y, const X& x) {
    const auto view = view_of(operation, shape_of_t<X>{});
    if constexpr (is_contiguous<X>)
      X::place::copy(x.data() + view.offset, shape_of_t<Y>::size, y.data());
    else
      X::place::gather(view, x.data(), y.data());
  }
  template <class Y, class X>
  static void backward(const Operation& operation, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    constexpr bool picks_all = shape_of_t<X>::size == shape_of_t<Y>::size;
    const auto view = view_of(operation, shape_of_t<X>{});
    auto* const grad = picks_all ? x.grad : x.grad_to_add();
    const bool accumulate = picks_all ? x.accumulate : true;
    if (!grad) return;
    if constexpr (is_contiguous<X>)
      X::place::map_gradient(shape_of_t<Y>::size, accumulate, pointwise::Identity{}, grad + view.offset, grad_y.data());
    else
      X::place::scatter(view, accumulate, grad_y.data(), grad);
  }

 private:
  template <class X>
  static constexpr bool is_contiguous = joined_view<Operation, shape_of_t<X>>.is_contiguous();
};

/// Flatten, reshape: the same elements.
template <class Operation>
  requires(Operation::keeps_elements)
struct MapKernel<Operation> {
  template <class Y, class X>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x) {
    X::place::copy(x.data(), shape_of_t<X>::size, y.data());
  }
  template <class Y, class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    pass_gradient(grad_y, x);
  }
};

template <class Operation> concept Map = requires { sizeof(MapKernel<Operation>); };

}  // namespace tenon::inline TENON_ISA::operation
