/// \file
/// Kernels that are only a map, for all backends: `Backend::place::map(count, function, y, x...)` computes
/// y[i] = function(x[i]...), where y may be one of x.
#pragma once

#include "../nn/views.hpp"
#include "kernel.hpp"

namespace tenon::inline TENON_ISA::plan {

/// The base of the maps of elements in layout `Layout`.
template <class T, class Layout>
struct AnyMap : KernelTraits {
  using reads = Layout;
  using writes = Layout;
  static constexpr bool takes_functions = true;
  static constexpr int in_place = 1;
};

/// The kernel of y = function(x).
template <class Backend, class T, class Layout, index_t Count>
struct Map : AnyMap<T, Layout> {
  static constexpr std::string_view name = "map";
  template <class Function>
  static void run(const Call& call) noexcept {
    Backend::place::map(Count, Function{}, call.out<T>(), call.in<T>());
  }
};

/// The kernel of y = function(combine(a, b)).
template <class Backend, class T, class Layout, index_t Count, class Combine>
struct CombineMap : AnyMap<T, Layout> {
  static constexpr std::string_view name = "elementwise";
  static constexpr int in_place = 2;
  template <class Function>
  static void run(const Call& call) noexcept {
    Backend::place::map(Count, pointwise::Compose<Combine, Function>{}, call.out<T>(), call.in<T>(0), call.in<T>(1));
  }
};

/// The kernel of y = function(scale * x + shift).
template <class Backend, class T, class Layout, index_t Count>
struct AffineMap : AnyMap<T, Layout> {
  static constexpr std::string_view name = "affine map";
  template <class Function>
  static void run(const Call& call) noexcept {
    const pointwise::Affine<T> affine{static_cast<T>(call.number(0)), static_cast<T>(call.number(1))};
    Backend::place::map(Count, pointwise::Compose<pointwise::Affine<T>, Function>{affine, {}}, call.out<T>(),
                        call.in<T>());
  }
};

/// The kernel of y = function(x / number) and of y = function(number / x).
template <class Backend, class T, class Layout, index_t Count, class Operation>
struct NumberMap : AnyMap<T, Layout> {
  static constexpr std::string_view name = "quotient";
  template <class Function>
  static void run(const Call& call) noexcept {
    const auto divide = Operation{call.number()}.template function<T>();
    Backend::place::map(Count, pointwise::Compose<std::remove_const_t<decltype(divide)>, Function>{divide, {}},
                        call.out<T>(), call.in<T>());
  }
};

namespace detail {
template <class X>
inline constexpr index_t elements_of =
    elements_in<X::backend::template lanes<typename X::value_type>, typename X::static_shape, typename X::layout>;
}  // namespace detail
/// The Map of values of the type of `X`; the others below likewise.
template <class X>
using map_t = Map<typename X::backend, typename X::value_type, typename X::layout, detail::elements_of<X>>;
template <class X, class Combine>
using combine_map_t =
    CombineMap<typename X::backend, typename X::value_type, typename X::layout, detail::elements_of<X>, Combine>;
template <class X>
using affine_map_t = AffineMap<typename X::backend, typename X::value_type, typename X::layout, detail::elements_of<X>>;
template <class X, class Operation>
using number_map_t =
    NumberMap<typename X::backend, typename X::value_type, typename X::layout, detail::elements_of<X>, Operation>;

/// The kernel that copies x (Rows, Size) into the columns of y (Rows, Pitch) from `At` on.
template <class Backend, class T, index_t Rows, index_t Size, index_t Pitch, index_t At>
struct CopyRowsKernel : KernelTraits {
  static constexpr std::string_view name = "copy";
  static constexpr std::size_t written_bytes = static_cast<std::size_t>(Rows * Size) * sizeof(T);
  static void run(const Call& call) noexcept {
    Backend::copy_rows(Rows, Size, Pitch, call.in<T>(), call.out<T>() + At);
  }
};

/// The kernel that copies the elements of x (S) that `Operation` picks; the call's number is the first of them.
template <class Backend, class T, class Operation, class S>
struct GatherKernel : KernelTraits {
  static constexpr std::string_view name = "strided copy";
  static void run(const Call& call) noexcept {
    Backend::place::gather(operation::joined_view<Operation, S>.from(static_cast<index_t>(call.number())), call.in<T>(),
                           call.out<T>());
  }
};

}  // namespace tenon::inline TENON_ISA::plan
