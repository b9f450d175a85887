/// \file
/// Functions of a `forward`: `a + b`, `reshape<...>(x)`: on Tensors, on Variables (recorded) and in a compiled module.
#pragma once

#include "activation.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// Element by element a + b, both of one shape.
struct Add {
  static constexpr std::string_view name = "Add";
  template <class S, class T>
  static consteval auto output_shape(S, T) {
    if constexpr (std::is_same_v<S, T>)
      return S{};
    else
      return rejection(S{}, T{});
  }

 private:
  template <index_t... D, class T>
  static consteval auto rejection(Shape<D...>, T) {
    return reject_t<Add, expected_second_operand<D...>, T>{};
  }
};

/// The same elements in the shape `Target`.
template <index_t... Target>
struct Reshape {
  static constexpr std::string_view name = "Reshape";
  static constexpr bool keeps_elements = true;
  template <class S>
  static consteval auto output_shape(S) {
    if constexpr (S::size == Shape<Target...>::size)
      return Shape<Target...>{};
    else
      return reject_t<Reshape, expected_input<any, more>, S>{};
  }
};

}  // namespace operation

namespace detail {
/// What `a + b` records or plans; on plain Tensors `+` is xtensor's.
template <class X>
inline constexpr bool is_recorded_operand = is_variable<X> || is_symbolic<X> || is_probe<X>;
template <class X>
inline constexpr bool is_operand = is_recorded_operand<X> || is_parameter<X> || is_tensor<X> || is_rejected<X>;
template <class A, class B>
inline constexpr bool are_recorded_operands =
    is_operand<A> && is_operand<B> &&
    (is_recorded_operand<A> || is_rejected<A> || is_recorded_operand<B> || is_rejected<B>);
}  // namespace detail

// Takes its operands as xtensor's does, which would else be preferred where one of them is a Tensor.
template <class A, class B>
  requires detail::are_recorded_operands<std::remove_cvref_t<A>, std::remove_cvref_t<B>>
auto operator+(A&& a, B&& b) {
  return apply(operation::Add{}, a, b);
}

/// `reshape<2, 50>(x)`: the elements of `x`, in row-major order, in another shape.
template <index_t... Target, class X>
auto reshape(const X& x) {
  return apply(operation::Reshape<Target...>{}, x);
}

}  // namespace tenon::inline TENON_ISA
