/// \file
/// Option tags: `kernel_size<3, 5>`, `stride<2>`, `bias<false>`, `eps<1e-5>`: how one is found among others, and what
/// the compiler prints of a wrong one. A layer declares those it takes with core/options.hpp.
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

}  // namespace detail

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
struct count;
template <template <auto...> class Tag, auto... V>
struct count<Tag<V...>> : std::integral_constant<std::size_t, sizeof...(V)> {};
}  // namespace detail

/// Makes a compile error naming `Layer` and `Tag` unless `InRange`.
template <class Layer, class Tag, bool InRange>
constexpr void require() {
  if constexpr (!InRange && detail::count<Tag>::value == 0)
    (void)missing_tag<Layer, Tag>::is_needed_by_this_layer;
  else if constexpr (!InRange)
    (void)tag_out_of_range<Layer, Tag>::has_values_this_layer_cannot_take;
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
