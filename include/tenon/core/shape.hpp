/// \file
/// Shapes are types: `Shape<20, 16, 50, 100>`.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "geometry.hpp"

namespace tenon::inline TENON_ISA {

/// The extents of a tensor, outermost first. `Shape<>` is a scalar.
template <index_t... D>
struct Shape {
  static_assert(((D > 0) && ...), "every extent of a tenon::Shape is positive");
  static constexpr std::size_t rank = sizeof...(D);
  static constexpr index_t size = (index_t{1} * ... * D);
  static constexpr std::array<index_t, rank> dims{D...};
};

namespace detail {
template <class T>
struct shape_of {};
template <class T>
  requires requires { typename T::tensor_type; }
struct shape_of<T> : shape_of<typename T::tensor_type> {};  // a Variable or Parameter: the shape of its tensor
template <index_t... D>
struct shape_of<Shape<D...>> {
  using type = Shape<D...>;
};
}  // namespace detail

/// The shape of a Tensor, Variable or Parameter.
template <class T>
using shape_of_t = typename detail::shape_of<std::remove_cvref_t<T>>::type;

namespace detail {
template <class S, std::size_t Axis, index_t Extent, class Indices>
struct replace_extent;
template <index_t... D, std::size_t Axis, index_t Extent, std::size_t... I>
struct replace_extent<Shape<D...>, Axis, Extent, std::index_sequence<I...>> {
  using type = Shape<(I == Axis ? Extent : D)...>;
};
}  // namespace detail

/// `S` with another extent along `Axis`.
template <class S, std::size_t Axis, index_t Extent>
using replace_extent_t = typename detail::replace_extent<S, Axis, Extent, std::make_index_sequence<S::rank>>::type;

/// Returns the axis that `dim` names among `rank` axes, which counts from the last if it is negative; `dim` itself
/// where there is none.
constexpr int axis_of(int dim, std::size_t rank) {
  const int axes = static_cast<int>(rank);
  return dim < 0 && dim >= -axes ? dim + axes : dim;
}

/// The innermost of the extents `D`, or -1 if there are none.
template <index_t... D>
inline constexpr index_t last_extent = [] {
  index_t last = -1;
  ((last = D), ...);
  return last;
}();

/// The Shape whose extents are `Extents::value`, a constexpr array.
template <class Extents, class Indices = std::make_index_sequence<Extents::value.size()>>
struct shape_from;
template <class Extents, std::size_t... I>
struct shape_from<Extents, std::index_sequence<I...>> {
  using type = Shape<Extents::value[I]...>;
};

}  // namespace tenon::inline TENON_ISA
