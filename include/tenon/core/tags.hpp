/// \file
/// Option tags, such as `kernel_size<3, 5>`, `stride<2>`, `bias<false>` and `eps<1e-5>`: how a layer reads them, and
/// the error for one that it does not know, that is repeated, or that is out of range.
#pragma once

#include <algorithm>
#include <array>
#include <tuple>
#include <type_traits>

#include "geometry.hpp"
#include "tensor.hpp"

// check and require are macros of Unreal and macOS.
#include "undefine_macros.hpp"

namespace tenon::inline TENON_ISA {

namespace nn {
/// The element type of a layer's parameters.
template <class T>
struct dtype {};
}  // namespace nn

namespace tag {

template <template <auto...> class Tag, class T>
inline constexpr bool is = false;
template <template <auto...> class Tag, auto... V>
inline constexpr bool is<Tag, Tag<V...>> = true;

/// The names of the tags that a layer knows.
template <template <auto...> class... Tags>
struct names {
  template <class T>
  static constexpr bool contain = (is<Tags, T> || ...);
};
template <class T>
struct names_a_type : std::false_type {};
template <class T>
struct names_a_type<nn::dtype<T>> : std::true_type {};

template <class A, class B>
inline constexpr bool same_name = false;
template <template <auto...> class Tag, auto... V, auto... W>
inline constexpr bool same_name<Tag<V...>, Tag<W...>> = true;
template <template <class> class Tag, class T, class U>
inline constexpr bool same_name<Tag<T>, Tag<U>> = true;

// The types that the compiler prints for a wrong tag: the missing member says why, the arguments say which layer and
// tag.
template <class Layer, class Tag>
struct unknown_tag {};
template <class Layer, class Tag>
struct repeated_tag {};
template <class Layer, class Tag>
struct missing_tag {};
template <class Layer, class Tag>
struct tag_out_of_range {};
template <class Layer, class Tag>
struct unsupported_dtype {};

namespace detail {
template <class Tag>
inline constexpr bool is_computed_in = true;
template <class T>
inline constexpr bool is_computed_in<nn::dtype<T>> = std::is_same_v<T, float> || std::is_same_v<T, double>;
template <class Place, class T>
inline constexpr bool is_computed_in<nn::dtype<nn::on<Place, T>>> = is_computed_in<nn::dtype<T>>;

template <class... Tags>
constexpr std::size_t first_unsupported() {
  std::size_t index = 0;
  (void)((is_computed_in<Tags> && ++index) && ...);
  return index;
}
template <class Known, class... Tags>
constexpr std::size_t first_unknown() {
  std::size_t index = 0;
  (void)(((Known::template contain<Tags> || names_a_type<Tags>::value) && ++index) && ...);
  return index;
}
template <class... Tags>
constexpr std::size_t first_repeated() {
  std::size_t index = 0;
  [[maybe_unused]] auto once = []<class T>(std::type_identity<T>) { return (int{same_name<T, Tags>} + ... + 0) == 1; };
  (void)((once(std::type_identity<Tags>{}) && ++index) && ...);
  return index;
}
}  // namespace detail

/// Makes one compile error, naming `Layer` and the tag, unless each of `Tags` is one of `Known`, none is repeated, and
/// a dtype is float or double.
template <class Layer, class Known, class... Tags>
constexpr void check() {
  constexpr std::size_t unknown = detail::first_unknown<Known, Tags...>();
  constexpr std::size_t repeated = detail::first_repeated<Tags...>();
  constexpr std::size_t unsupported = detail::first_unsupported<Tags...>();
  if constexpr (unknown < sizeof...(Tags))
    (void)unknown_tag<Layer, std::tuple_element_t<unknown, std::tuple<Tags...>>>::is_no_option_of_this_layer;
  else if constexpr (repeated < sizeof...(Tags))
    (void)repeated_tag<Layer, std::tuple_element_t<repeated, std::tuple<Tags...>>>::is_given_twice;
  else if constexpr (unsupported < sizeof...(Tags))
    (void)unsupported_dtype<Layer, std::tuple_element_t<unsupported, std::tuple<Tags...>>>::is_neither_float_nor_double;
}

/// The tag named `Tag` among `Tags`, or `Default`.
template <template <auto...> class Tag, class Default, class... Tags>
struct find {
  using type = Default;
};
template <template <auto...> class Tag, class Default, auto... V, class... Rest>
struct find<Tag, Default, Tag<V...>, Rest...> {
  using type = Tag<V...>;
};
template <template <auto...> class Tag, class Default, class First, class... Rest>
struct find<Tag, Default, First, Rest...> : find<Tag, Default, Rest...> {};
template <template <auto...> class Tag, class Default, class... Tags>
using find_t = typename find<Tag, Default, Tags...>::type;

/// Whether a tag named `Tag` is among `Tags`.
template <template <auto...> class Tag, class... Tags>
inline constexpr bool given = (is<Tag, Tags> || ...);

/// The values of an option with one value for each of `Rank` axes; one value stands for all axes.
template <int Rank, index_t... V>
struct Axes {
  static constexpr std::array<index_t, std::size_t{Rank}> value{V...};
};

namespace detail {
template <int Rank, class Tag, class Indices = std::make_index_sequence<std::size_t{Rank}>>
struct axes;
template <int Rank, template <auto...> class Tag, auto... V, std::size_t... I>
struct axes<Rank, Tag<V...>, std::index_sequence<I...>> {
  static constexpr std::array<index_t, sizeof...(V)> given{static_cast<index_t>(V)...};
  using type = Axes<Rank, given[sizeof...(V) == 1 ? 0 : I]...>;
};
template <class Tag>
struct single;
template <template <auto...> class Tag, auto V>
struct single<Tag<V>> {
  static constexpr auto value = V;
};
template <class Tag>
struct count : std::integral_constant<std::size_t, 0> {};
template <template <auto...> class Tag, auto... V>
struct count<Tag<V...>> : std::integral_constant<std::size_t, sizeof...(V)> {};
template <class Tag>
struct least;
template <template <auto...> class Tag, auto... V>
struct least<Tag<V...>> {
  static constexpr bool at_least(double bound) { return ((static_cast<double>(V) >= bound) && ...); }
};
template <auto...>
struct Ones {};

template <int Rank, index_t Least, class Tag>
inline constexpr bool axes_fit =
    (count<Tag>::value == 1 || count<Tag>::value == Rank) && least<Tag>::at_least(static_cast<double>(Least));
}  // namespace detail

/// The canonical values of a per-axis tag. They are ones where the tag has not one value or `Rank`, each at least
/// `Least`; `require_axes` rejects such a tag.
template <int Rank, index_t Least, class Tag>
using axes_t =
    typename detail::axes<Rank, std::conditional_t<detail::axes_fit<Rank, Least, Tag>, Tag, detail::Ones<1>>>::type;

/// The value of a one-valued tag.
template <class Tag>
inline constexpr auto value = detail::single<Tag>::value;

namespace detail {
template <class Tag>
constexpr double real() {
  if constexpr (count<Tag>::value == 1)
    return static_cast<double>(single<Tag>::value);
  else
    return 0;
}
}  // namespace detail

/// The value of a one-valued tag among `Tags` as a floating-point number, so that `alpha<1>` and `alpha<1.0>` are one.
template <template <auto...> class Tag, class Default, class... Tags>
inline constexpr double real = detail::real<find_t<Tag, Default, Tags...>>();

/// Makes a compile error naming `Layer` and `Tag` unless `InRange`.
template <class Layer, class Tag, bool InRange>
constexpr void require() {
  if constexpr (!InRange && detail::count<Tag>::value == 0)
    (void)missing_tag<Layer, Tag>::is_needed_by_this_layer;
  else if constexpr (!InRange)
    (void)tag_out_of_range<Layer, Tag>::has_values_this_layer_cannot_take;
}

/// Does what `check` does, and makes a compile error naming `Layer` and the tag unless each of `Tags` has one value.
template <class Layer, class Known, class... Tags>
constexpr void check_reals() {
  check<Layer, Known, Tags...>();
  (require<Layer, Tags, !Known::template contain<Tags> || detail::count<Tags>::value == 1>(), ...);
}

/// Makes a compile error naming `Layer` and `Tag` unless the tag has one value or `Rank`, each at least `Least`.
template <class Layer, int Rank, index_t Least, class Tag>
constexpr void require_axes() {
  require<Layer, Tag, detail::axes_fit<Rank, Least, Tag>>();
}

namespace detail {
template <class... Tags>
struct element {
  using type = float;
};
template <class T, class... Rest>
struct element<nn::dtype<T>, Rest...> {
  using type = T;
};
template <class Place, class T, class... Rest>
struct element<nn::dtype<nn::on<Place, T>>, Rest...> {
  using type = T;
};
template <class First, class... Rest>
struct element<First, Rest...> : element<Rest...> {};
template <class... Tags>
struct place {
  using type = host;
};
template <class Place, class T, class... Rest>
struct place<nn::dtype<nn::on<Place, T>>, Rest...> {
  using type = Place;
};
template <class First, class... Rest>
struct place<First, Rest...> : place<Rest...> {};
}  // namespace detail

/// The element type that `Tags` ask for (`dtype<T>`), float by default and where `check` rejects it.
template <class... Tags>
using element_t = std::conditional_t<detail::is_computed_in<nn::dtype<typename detail::element<Tags...>::type>>,
                                     typename detail::element<Tags...>::type, float>;

/// The tensors of the parameters of a layer with `Tags`.
template <class... Tags>
struct parameters_of {
  template <index_t... D>
  using tensor = typename detail::place<Tags...>::type::template tensor<element_t<Tags...>, D...>;
};

}  // namespace tag
}  // namespace tenon::inline TENON_ISA

#include "restore_macros.hpp"
