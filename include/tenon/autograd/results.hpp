/// \file
/// The results of a call: the types of the tensors that an operation makes of its arguments.
#pragma once

#include <tuple>

#include "arguments.hpp"
#include "operation.hpp"

namespace tenon::inline TENON_ISA::autograd {

/// The element type of result I of `Operation` on a first input of type T: `Operation::result_element<I, T>`, or T.
template <class Operation, std::size_t I, class T>
struct result_element {
  using type = T;
};
template <class Operation, std::size_t I, class T>
  requires requires { typename Operation::template result_element<I, T>; }
struct result_element<Operation, I, T> {
  using type = typename Operation::template result_element<I, T>;
};

/// Returns the type of result I of `Operation`, a tensor at the place of its first input `First`, as a type_identity.
template <class Operation, class First, std::size_t I = 0, index_t... D>
consteval auto result_of(Shape<D...>) {
  using T = typename result_element<Operation, I, typename First::value_type>::type;
  return std::type_identity<typename First::place::template tensor<T, D...>>{};
}
/// Returns the type of several results, a tuple, as a type_identity.
template <class Operation, class First, class... S>
consteval auto result_of(Shapes<S...>) {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::type_identity<std::tuple<typename decltype(result_of<Operation, First, I>(S{}))::type...>>{};
  }(std::index_sequence_for<S...>{});
}

/// The functions of a result, which is a tensor or a tuple of tensors.
template <class Result>
struct result_traits {
  static constexpr std::size_t count = 1;
  static Result make() { return Result(uninitialized); }
  /// Returns f(result), or the tuple of f of each result.
  template <class F>
  static auto transform(Result result, F f) {
    return f(std::move(result));
  }
};
template <class... R>
struct result_traits<std::tuple<R...>> {
  static constexpr std::size_t count = sizeof...(R);
  static std::tuple<R...> make() { return {R(uninitialized)...}; }
  template <class F>
  static auto transform(std::tuple<R...> results, F f) {
    return std::apply([&](R&... r) { return std::tuple{f(std::move(r))...}; }, results);  // in order
  }
};

/// The types of a call of `Operation` on arguments of types `X`.
template <class Operation, class... X>
struct call {
  using first = argument_t<std::tuple_element_t<0, std::tuple<X...>>>;
  using place = typename first::place;
  using kernel = typename place::template kernel<Operation>;
  using result =
      typename decltype(result_of<Operation, first>(Operation::output_shape(shape_of_t<argument_t<X>>{}...)))::type;
};

}  // namespace tenon::inline TENON_ISA::autograd
