/// \file
/// The options of a layer, each declared once: its tag with the default (without a value: it is required), the values
/// it takes, and how PyTorch prints it.
///
///     using options = tag::Options<tag::Given<Tags...>, tag::PerAxis<nn::kernel_size<>, Rank>,
///                                  tag::UnlessDefault<tag::PerAxis<nn::padding<0>, Rank, 0>>,
///                                  tag::Flag<nn::bias<true>>>;
///
/// All else follows from that list: `tag::check<Layer>(options{})` complains of wrong tags, `tag::value<options,
/// nn::bias>` is what a tag or its default says, and `nn::repr(options{})` prints them.
#pragma once

#include <array>
#include <initializer_list>
#include <limits>
#include <tuple>
#include <type_traits>

#include "tags.hpp"

// check and require are macros of Unreal and macOS.
#include "undefine_macros.hpp"

namespace tenon::inline TENON_ISA::tag {

/// The tags a layer is given.
template <class... Tags>
struct Given {};

// What numbers an option takes.
struct Any {
  static constexpr bool contains(double) { return true; }
};
struct NotZero {
  static constexpr bool contains(double number) { return number < 0 || number > 0; }
};
struct NotNegative {
  static constexpr bool contains(double number) { return number >= 0; }
};
/// Positive and finite.
struct Positive {
  static constexpr bool contains(double number) { return number > 0 && number <= (std::numeric_limits<double>::max)(); }
};
template <index_t Least, index_t Largest>
struct Between {
  static constexpr bool contains(double number) {
    return number >= static_cast<double>(Least) && number <= static_cast<double>(Largest);
  }
};

/// In the place of a tag with its default: `Tag`, by default with the values of `Other`.
template <template <auto...> class Tag, template <auto...> class Other>
struct As {};

/// How an option is printed.
enum class Printed { always, without_name, unless_default, never };

namespace detail {
template <template <auto...> class Tag, class Other>
struct renamed;
template <template <auto...> class Tag, template <auto...> class Other, auto... V>
struct renamed<Tag, Other<V...>> {
  using type = Tag<V...>;
};

// The tag named as `Declared` among `Tags`, or its default.
template <class Declared, class... Tags>
struct chosen;
template <template <auto...> class Tag, auto... Default, class... Tags>
struct chosen<Tag<Default...>, Tags...> : find<Tag, Tag<Default...>, Tags...> {};
template <template <auto...> class Tag, template <auto...> class Other, class... Tags>
struct chosen<As<Tag, Other>, Tags...>
    : find<Tag, typename renamed<Tag, typename find<Other, Other<>, Tags...>::type>::type, Tags...> {};

// Stands for a value where neither a tag nor a default has one that is fit.
template <auto...>
struct One {};

// The values of a tag. `is_in<Range>`: whether it is one, of that range.
template <auto... V>
struct one_value {
  template <class Range>
  static constexpr bool is_in = false;
  static constexpr bool is_whole = false;
};
template <auto V>
struct one_value<V> {
  static constexpr auto real = static_cast<double>(V);
  static constexpr bool is_index = -0x1p63 <= real && real < 0x1p63;  // no infinity, which no index_t holds
  static constexpr index_t whole = is_index ? static_cast<index_t>(V) : 0;
  static constexpr auto flag = static_cast<bool>(V);
  template <class Range>
  static constexpr bool is_in = Range::contains(real);
  static constexpr bool is_whole = is_index && static_cast<double>(whole) <= real && static_cast<double>(whole) >= real;
};
template <class Tag>
struct values;
template <template <auto...> class Tag, auto... V>
struct values<Tag<V...>> : one_value<V...> {
  static constexpr bool at_least([[maybe_unused]] index_t bound) {
    return ((static_cast<double>(V) >= static_cast<double>(bound)) && ...);
  }
  static constexpr bool are_extents([[maybe_unused]] int inferred) {
    return sizeof...(V) > 0 && ((V > 0 || V == -1) && ...) && (int{V == -1} + ... + 0) <= inferred;
  }
};
}  // namespace detail

/// What a kind of options inherits: `Default` is the tag with its default.
template <class Default>
struct Declaration {
  using tag = Default;
  static constexpr Printed printed = Printed::always;
  static constexpr bool is_fixed = false;
};

/// The value of an option that has one.
template <auto V>
struct Value {
  static constexpr auto value = V;
};

// The kinds of options. `fits<Tag>`: whether the option takes the values of a tag; `result<Tag>::value`: what they are.

/// One value for each of `Rank` axes, or one for all, `Least` or more.
template <class Default, int Rank, index_t Least = 1>
struct PerAxis : Declaration<Default> {
  template <class Tag>
  static constexpr bool fits =
      (detail::count<Tag>::value == 1 || detail::count<Tag>::value == Rank) && detail::values<Tag>::at_least(Least);
  template <class Tag>
  using result = typename detail::axes<Rank, Tag>::type;
};
/// Extents of axes, as many as it is given; `Inferred` of them may be -1.
template <class Default, int Inferred = 0>
struct Extents : Declaration<Default> {
  template <class Tag>
  static constexpr bool fits = detail::values<Tag>::are_extents(Inferred);
  template <class Tag>
  using result = typename detail::axes<int{detail::count<Tag>::value}, Tag>::type;
};
/// A number, in floating point, so that `alpha<1>` and `alpha<1.0>` are one.
template <class Default, class Range = Any>
struct Real : Declaration<Default> {
  template <class Tag>
  static constexpr bool fits = detail::values<Tag>::template is_in<Range>;
  template <class Tag>
  using result = Value<detail::values<Tag>::real>;
};
template <class Default, class Range = Any>
struct Integer : Declaration<Default> {
  template <class Tag>
  static constexpr bool fits = detail::values<Tag>::is_whole && detail::values<Tag>::template is_in<Range>;
  template <class Tag>
  using result = Value<detail::values<Tag>::whole>;
};
template <class Default>
struct Flag : Declaration<Default> {
  template <class Tag>
  static constexpr bool fits = detail::count<Tag>::value == 1;
  template <class Tag>
  using result = Value<detail::values<Tag>::flag>;
};

// What may be said of an option beside its kind.

template <class Option>
struct WithoutName : Option {
  static constexpr Printed printed = Printed::without_name;
};
template <class Option>
struct UnlessDefault : Option {
  static constexpr Printed printed = Printed::unless_default;
};
template <class Option>
struct Unprinted : Option {
  static constexpr Printed printed = Printed::never;
};
/// Known and printed, but no tag of the layer changes it.
template <class Option>
struct Fixed : Option {
  static constexpr bool is_fixed = true;
};
/// If `Condition`, it may be left out although it has no default, and is not printed then.
template <class Option, bool Condition = true>
struct Optional : Option {
  template <class Tag>
  static constexpr bool fits = (Condition && detail::count<Tag>::value == 0) || Option::template fits<Tag>;
};

/// An option as its tag, or its default, says it.
template <class Declaration, class Tag>
struct Option {
  using tag = Tag;
  static constexpr bool is_given = detail::count<Tag>::value > 0;  // or has a default
  static constexpr bool fits = Declaration::template fits<Tag>;

 private:
  template <class T, class Else>
  using usable = std::conditional_t<(detail::count<T>::value > 0 && Declaration::template fits<T>), T, Else>;
  using default_tag = usable<typename detail::chosen<typename Declaration::tag>::type, detail::One<1>>;

 public:
  /// Its value as a type. Where the tag does not fit it is the default's, so that the complaint is the only error.
  using type = typename Declaration::template result<usable<Tag, default_tag>>;
  static constexpr bool is_default = std::is_same_v<type, typename Declaration::template result<default_tag>>;
};

namespace detail {
template <class Declaration, class... Tags>
using option_of =
    Option<Declaration, typename std::conditional_t<Declaration::is_fixed, chosen<typename Declaration::tag>,
                                                    chosen<typename Declaration::tag, Tags...>>::type>;
}  // namespace detail

/// What a layer declares, as `Given<Tags...>` say it.
template <class Given, class... Declared>
struct Options;
template <class... Tags, class... Declared>
struct Options<Given<Tags...>, Declared...> : detail::option_of<Declared, Tags...>... {
  /// Whether all of them fit.
  static constexpr bool fit = (detail::option_of<Declared, Tags...>::fits && ...);
};

namespace detail {
template <template <auto...> class Tag, class Declaration, auto... V>
Option<Declaration, Tag<V...>> named(const Option<Declaration, Tag<V...>>*);

constexpr std::size_t first_false(std::initializer_list<bool> list) {
  std::size_t index = 0;
  for (const bool fine : list) {
    if (!fine) break;
    ++index;
  }
  return index;
}
template <class T, class... Tags>
inline constexpr bool is_once_in = (int{same_name<T, Tags>} + ... + 0) == 1;
template <class T, class... Declared>
inline constexpr bool is_declared =
    names_a_type<T>::value ||
    ((!Declared::is_fixed && same_name<typename chosen<typename Declared::tag>::type, T>) || ...);
template <std::size_t Index, class... T>
using at = std::tuple_element_t<Index, std::tuple<T...>>;
}  // namespace detail

/// The Option of a name.
template <class Options, template <auto...> class Tag>
using option = decltype(detail::named<Tag>(static_cast<const Options*>(nullptr)));
/// Its value, and that as a type.
template <class Options, template <auto...> class Tag>
inline constexpr auto value = option<Options, Tag>::type::value;
template <class Options, template <auto...> class Tag>
using type = typename option<Options, Tag>::type;

/// One compile error, naming `Layer` and the tag, unless each tag is declared, none is repeated, a dtype is float or
/// double, and each option fits.
template <class Layer, class... Tags, class... Declared>
constexpr void check(Options<Given<Tags...>, Declared...>) {
  constexpr std::size_t known = detail::first_false({detail::is_declared<Tags, Declared...>...});
  constexpr std::size_t once = detail::first_false({detail::is_once_in<Tags, Tags...>...});
  constexpr std::size_t computed = detail::first_false({detail::is_computed_in<Tags>...});
  constexpr std::size_t fit = detail::first_false({detail::option_of<Declared, Tags...>::fits...});
  if constexpr (known < sizeof...(Tags))
    (void)unknown_tag<Layer, detail::at<known, Tags...>>::is_no_option_of_this_layer;
  else if constexpr (once < sizeof...(Tags))
    (void)repeated_tag<Layer, detail::at<once, Tags...>>::is_given_twice;
  else if constexpr (computed < sizeof...(Tags))
    (void)unsupported_dtype<Layer, detail::at<computed, Tags...>>::is_neither_float_nor_double;
  else if constexpr (fit < sizeof...(Declared))
    require<Layer, typename detail::at<fit, detail::option_of<Declared, Tags...>...>::tag, false>();
}

/// Of options that have to fit to each other: a compile error naming `Layer` and the tag of a name unless `InRange`,
/// where `check` has no complaint.
template <class Layer, class Options, template <auto...> class Tag, bool InRange>
constexpr void require() {
  require<Layer, typename option<Options, Tag>::tag, InRange || !Options::fit>();
}

}  // namespace tenon::inline TENON_ISA::tag

#include "restore_macros.hpp"
