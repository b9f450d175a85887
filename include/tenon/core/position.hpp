/// \file
/// Positions along an axis, as `x[i]` and `select<1>(x, i)` take them.
#pragma once

#include "error.hpp"
#include "shape_error.hpp"

namespace tenon::inline TENON_ISA::detail {

/// Whether `Index` is an integer, or a constant such as 2_c.
template <class Index>
inline constexpr bool is_position = std::is_integral_v<Index> || requires { Index::value + 0; };
template <class Index>
inline constexpr bool is_constant_position = requires { std::integral_constant<index_t, Index::value>{}; };

/// Throws tenon::Error for `x[position]`, where the leading axis of x has `size` elements.
[[noreturn]] inline void raise_position(index_t position, index_t size) {
  raise("x[" + to_text(position) + "]: the leading axis of x has " + to_text(size) + " elements");
}

/// `x[i]` in errors.
struct Subscript {
  static constexpr std::string_view name = "x[i]";
  [[noreturn]] static void raise_outside(index_t position, index_t size) { raise_position(position, size); }
};
/// `select<Axis>(x, i)` in errors.
template <int Axis>
struct Selection {
  static constexpr std::string_view name = "select";
  [[noreturn]] static void raise_outside(index_t position, index_t size) {
    const Text axis = to_text(Axis);
    raise("select<" + axis + ">(x, " + to_text(position) + "): axis " + axis + " of x has " + to_text(size) +
          " elements");
  }
};

/// Returns the position along axis `Axis` of `S` that `i` means, which counts from its end if negative. A constant
/// outside the axis is a compile error of `Shown`, any other position outside a tenon::Error.
template <class S, int Axis, class Shown, class Index>
constexpr index_t position_along(const Index& i) {
  constexpr index_t size = S::dims[std::size_t{Axis}];
  const auto position = [&] {
    if constexpr (is_constant_position<Index>) {
      constexpr index_t known = Index::value, least = known < 0 ? -known : known + 1;
      if constexpr (least > size) {
        report(reject_t<Shown, expected_along_t<Axis, at_least<least>>, S>{});
        return index_t{0};
      } else {
        return known;
      }
    } else {
      const auto found = static_cast<index_t>(i);
      if (found >= size || found < -size) Shown::raise_outside(found, size);
      return found;
    }
  }();
  return position < 0 ? position + size : position;
}
/// Returns the position in the leading axis of `S` that the i of `x[i]` means.
template <class S, class Index>
constexpr index_t leading_position(const Index& i) {
  return position_along<S, 0, Subscript>(i);
}

}  // namespace tenon::inline TENON_ISA::detail
