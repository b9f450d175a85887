/// \file
/// Functions of a `forward`: `a + b`, `2 * a`, `a / b`, `mm(a, b)`, `cat<1>(a, b)`, `reshape<...>(x)`: on Tensors, on
/// Variables and Parameters (recorded) and in a compiled module. Parts of a tensor are in views.hpp.
#pragma once

#include <string>

#include "../core/arithmetic.hpp"
#include "activation.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// `Function` of two operands element by element, both of one shape.
template <class Derived, class Function>
struct Elementwise {
  using combines_by = Function;
  static constexpr autograd::Needs backward_needs = autograd::needs_of_operands<Function>;
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
    return reject_t<Derived, expected_second_operand<D...>, T>{};
  }
};
struct Add : Elementwise<Add, pointwise::Plus> {
  static constexpr std::string_view name = "Add";
};
struct Sub : Elementwise<Sub, pointwise::Minus> {
  static constexpr std::string_view name = "Sub";
};
struct Mul : Elementwise<Mul, pointwise::Times> {
  static constexpr std::string_view name = "Mul";
};
struct Div : Elementwise<Div, pointwise::Quotient> {
  static constexpr std::string_view name = "Div";
};

/// scale * x + shift: what x + 2, 2 - x, 2 * x and -x are.
struct Affine {
  static constexpr std::string_view name = "Affine";
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
  /// What x + shift leaves as it is, -0 included.
  static constexpr double no_shift = -0.0;

  double scale = 1, shift = no_shift;

  template <class S>
  static consteval auto output_shape(S) {
    return S{};
  }
  template <class T>
  pointwise::Affine<T> function() const {
    return {static_cast<T>(scale), static_cast<T>(shift)};
  }
  template <class T>
  auto gradient() const {
    return Affine{.scale = scale}.function<T>();
  }
};

/// x / number. It divides: the product with 1 / number would differ in the last digit.
struct DivideBy {
  static constexpr std::string_view name = "Div";
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
  double number = 1;

  template <class S>
  static consteval auto output_shape(S) {
    return S{};
  }
  template <class T>
  pointwise::DividedBy<T> function() const {
    return {static_cast<T>(number)};
  }
  template <class T>
  auto gradient() const {
    return function<T>();
  }
};

/// number / x
struct DivideNumber {
  static constexpr std::string_view name = "Div";
  static constexpr autograd::Needs backward_needs = autograd::needs_input_if<true>;
  double number = 1;

  template <class S>
  static consteval auto output_shape(S) {
    return S{};
  }
  template <class T>
  pointwise::Dividing<T> function() const {
    return {static_cast<T>(number)};
  }
  template <class T>
  pointwise::DividingGradient<T> gradient() const {
    return {static_cast<T>(number)};
  }
};

/// Affine, DivideBy and DivideNumber: `function<T>()` is a functor of one element; `gradient<T>()` one of the result's
/// gradient and, if it takes a second argument, of the element.
template <class Operation>
concept TakesNumbers = requires(const Operation operation) { operation.template gradient<float>(); };
/// DivideBy and DivideNumber.
template <class Operation>
concept TakesNumber = TakesNumbers<Operation> && requires(const Operation operation) { operation.number; };

/// The matrix product of (M, K) and (K, N).
struct MatrixProduct {
  static constexpr std::string_view name = "mm";
  static constexpr autograd::Needs backward_needs = autograd::needs_other_factor;

  template <class S, class T>
  static consteval auto output_shape(S, T) {
    if constexpr (S::rank != 2)
      return reject_t<MatrixProduct, expected_input<any, any>, S>{};
    else if constexpr (T::rank != 2)
      return reject_t<MatrixProduct, expected_second_operand<S::dims[1], any>, T>{};
    else if constexpr (T::dims[0] != S::dims[1])
      return reject_t<MatrixProduct, expected_second_operand<S::dims[1], any>, T>{};
    else
      return Shape<S::dims[0], T::dims[1]>{};
  }
  template <class S, class T>
  static consteval index_t multiply_adds(S, T) {
    return S::size * T::dims[1];
  }
};

/// Operands behind one another along axis `Dim`; negative counts from the last axis.
template <int Dim>
struct Cat {
  static constexpr std::string_view name = "cat";
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
  template <std::size_t Rank>
  static constexpr int axis = axis_of(Dim, Rank);

  template <class First, class... Rest>
  static consteval auto output_shape(First, Rest...) {
    constexpr int a = axis<First::rank>;
    if constexpr (a < 0 || a >= static_cast<int>(First::rank)) {
      return reject_t<Cat, expected_input<any, more>, First>{};
    } else {
      constexpr auto at = static_cast<std::size_t>(a);
      using Misfit = typename misfit<First, at, Rest...>::type;
      if constexpr (std::is_void_v<Misfit>)
        return replace_extent_t<First, at, (First::dims[at] + ... + Rest::dims[at])>{};
      else
        return rejection<at, Misfit>(First{}, std::make_index_sequence<First::rank>{});
    }
  }

  /// A tensor of shape `S` is (rows, row): a row holds the axis and those inside it, and a row of the result is the
  /// operands' rows one behind the other.
  template <class S>
  static constexpr index_t row = [] {
    index_t size = 1;
    for (auto a = static_cast<std::size_t>(axis<S::rank>); a < S::rank; ++a) size *= S::dims[a];
    return size;
  }();

 private:
  template <class S, class T, std::size_t Axis>
  static constexpr bool fits = [] {
    if (S::rank != T::rank) return false;
    for (std::size_t a = 0; a < S::rank; ++a)
      if (a != Axis && S::dims[a] != T::dims[a]) return false;
    return true;
  }();
  // The first operand that differs from `S` along another axis.
  template <class S, std::size_t Axis, class... T>
  struct misfit {
    using type = void;
  };
  template <class S, std::size_t Axis, class T, class... Rest>
  struct misfit<S, Axis, T, Rest...>
      : std::conditional_t<fits<S, T, Axis>, misfit<S, Axis, Rest...>, std::type_identity<T>> {};

  template <std::size_t Axis, class T, index_t... D, std::size_t... I>
  static consteval auto rejection(Shape<D...>, std::index_sequence<I...>) {
    return reject_t<Cat, expected_operand<extent_or_any<I == Axis, D>...>, T>{};
  }
};

/// The same elements in the shape `Target`.
template <index_t... Target>
struct Reshape {
  static constexpr std::string_view name = "Reshape";
  static constexpr bool keeps_elements = true;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
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

// On plain host Tensors and numbers `+`, `-`, `*` and `/` are xtensor's: lazy, and broadcasting.
template <class X>
inline constexpr bool is_on_device = false;
template <class X>
  requires requires { typename X::place; }
inline constexpr bool is_on_device<X> = !std::is_same_v<typename X::place, host>;
template <class X>
inline constexpr bool is_own_operand = is_variable<X> || is_parameter<X> || is_buffer<X> || is_symbolic<X> ||
                                       is_probe<X> || is_rejected<X> || is_on_device<X>;
template <class X>
inline constexpr bool is_operand = is_own_operand<X> || is_tensor<X> || is_expression<X>;
template <class X> concept OwnOperand = is_own_operand<std::remove_cvref_t<X>>;
template <class A, class B>
inline constexpr bool are_operands = (is_own_operand<A> && (is_operand<B> || std::is_arithmetic_v<B>)) ||
                                     (is_own_operand<B> && (is_operand<A> || std::is_arithmetic_v<A>));
template <class A, class B> concept Operands = are_operands<std::remove_cvref_t<A>, std::remove_cvref_t<B>>;

/// An operand of a function: a Parameter as a Variable, so that a net takes it for an operand and not for a layer's
/// parameter.
template <class X>
decltype(auto) operand(const X& x) {
  if constexpr (is_parameter<X>)
    return nn::Variable<typename X::tensor_type>(x.state());
  else
    return (x);
}

template <class A, class B>
inline constexpr bool have_one_element =
    std::is_void_v<autograd::element_t<A>> || std::is_void_v<autograd::element_t<B>> ||  // shapes and rejections
    std::is_same_v<autograd::element_t<A>, autograd::element_t<B>>;

template <class Operation, class First, class... Rest>
auto apply_to_operands(const Operation& operation, const First& first, const Rest&... rest) {
  constexpr bool one_element_type = (have_one_element<First, Rest> && ...);
  if constexpr (one_element_type) {
    return apply(operation, operand(first), operand(rest)...);
  } else {
    static_assert(one_element_type, "the operands of a function have one element type");
    return Rejected{};
  }
}

template <class Number>
inline constexpr bool is_number = std::is_arithmetic_v<std::remove_cvref_t<Number>>;
template <class X>
inline constexpr bool has_integers = std::is_integral_v<autograd::element_t<std::remove_cvref_t<X>>>;

}  // namespace detail

// These take their operands as xtensor's do, which would else be preferred where one of them is a Tensor.

/// `a + b` of one shape, or of a number and a tensor: on Variables and Parameters recorded.
template <class A, class B>
  requires detail::Operands<A, B>
auto operator+(A&& a, B&& b) {
  if constexpr (detail::is_number<A>)
    return detail::apply_to_operands(operation::Affine{.shift = static_cast<double>(a)}, b);
  else if constexpr (detail::is_number<B>)
    return detail::apply_to_operands(operation::Affine{.shift = static_cast<double>(b)}, a);
  else
    return detail::apply_to_operands(operation::Add{}, a, b);
}
/// `a - b`, as `a + b`.
template <class A, class B>
  requires detail::Operands<A, B>
auto operator-(A&& a, B&& b) {
  if constexpr (detail::is_number<A>)
    return detail::apply_to_operands(operation::Affine{.scale = -1, .shift = static_cast<double>(a)}, b);
  else if constexpr (detail::is_number<B>)
    return detail::apply_to_operands(operation::Affine{.shift = -static_cast<double>(b)}, a);
  else
    return detail::apply_to_operands(operation::Sub{}, a, b);
}
/// `a * b` element by element, as `a + b`.
template <class A, class B>
  requires detail::Operands<A, B>
auto operator*(A&& a, B&& b) {
  if constexpr (detail::is_number<A>)
    return detail::apply_to_operands(operation::Affine{.scale = static_cast<double>(a)}, b);
  else if constexpr (detail::is_number<B>)
    return detail::apply_to_operands(operation::Affine{.scale = static_cast<double>(b)}, a);
  else
    return detail::apply_to_operands(operation::Mul{}, a, b);
}
/// `a / b` element by element, as `a + b`.
template <class A, class B>
  requires detail::Operands<A, B>
auto operator/(A&& a, B&& b) {
  if constexpr (detail::has_integers<A> || detail::has_integers<B>) {
    static_assert(!detail::has_integers<A> && !detail::has_integers<B>,
                  "a / b of Variables, Parameters and in a net needs tensors of float or double, not of integers");
    return Rejected{};
  } else if constexpr (detail::is_number<A>) {
    return detail::apply_to_operands(operation::DivideNumber{static_cast<double>(a)}, b);
  } else if constexpr (detail::is_number<B>) {
    return detail::apply_to_operands(operation::DivideBy{static_cast<double>(b)}, a);
  } else {
    return detail::apply_to_operands(operation::Div{}, a, b);
  }
}
template <class A>
  requires detail::OwnOperand<A>
auto operator-(A&& a) {
  return detail::apply_to_operands(operation::Affine{.scale = -1}, a);
}

/// `torch.mm`: the matrix product, (M, K) and (K, N) -> (M, N).
///
///     Tensor<float, 2, 4> y = tenon::mm(Tensor<float, 2, 3>{}, Tensor<float, 3, 4>{});
template <class A, class B>
auto mm(const A& a, const B& b) {
  return detail::apply_to_operands(operation::MatrixProduct{}, a, b);
}

/// `torch.cat((x...), dim)`: tensors that differ along axis `Dim` at most, one behind the other.
///
///     Tensor<float, 2, 7> y = tenon::cat<1>(Tensor<float, 2, 3>{}, Tensor<float, 2, 4>{});
template <int Dim = 0, class First, class... Rest>
auto cat(const First& first, const Rest&... rest) {
  return detail::apply_to_operands(operation::Cat<Dim>{}, first, rest...);
}

/// `reshape<2, 50>(x)`: the elements of `x`, in row-major order, in another shape.
///
///     Tensor<float, 2, 50> y = tenon::reshape<2, 50>(Tensor<float, 4, 25>{});
template <index_t... Target, class X>
auto reshape(const X& x) {
  return detail::apply_to_operands(operation::Reshape<Target...>{}, x);
}

}  // namespace tenon::inline TENON_ISA
