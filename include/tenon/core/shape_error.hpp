/// \file
/// The rejection of an input by a layer: one compiler error, whose line names the layer, its position in the chain, the
/// expected and the actual shape.
///
/// A shape rule returns a Shape, or a `Rejection`. The first rejection is reported by `report` and nothing after it is
/// computed, so the compiler prints exactly one error. g++ prints the sentence (a string template argument), clang
/// prints the types of the failed requirement.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "shape.hpp"

namespace tenon::inline TENON_ISA {

/// In the extents of `expected_input`: any number.
inline constexpr struct any_t {
} any{};
/// In the extents of `expected_input`: `Least` or more.
template <index_t Least>
struct at_least_t {};
template <index_t Least>
inline constexpr at_least_t<Least> at_least{};
/// In the extents of `expected_output_size`: from `Least` to `Most`.
template <index_t Least, index_t Most>
struct between_t {};
template <index_t Least, index_t Most>
inline constexpr between_t<Least, Most> between{};
/// In the extents of `expected_input`: a multiple of `Factor`.
template <index_t Factor>
struct multiple_of_t {};
template <index_t Factor>
inline constexpr multiple_of_t<Factor> multiple_of{};
/// In the extents of `expected_input`: any number of further extents.
inline constexpr struct more_t {
} more{};

/// In generated extents of `expected_input`: `Extent`, or any.
template <bool Any, index_t Extent>
inline constexpr auto extent_or_any = [] {
  if constexpr (Any)
    return any;
  else
    return Extent;
}();

template <auto... Extents>
struct expected_input {};
namespace detail {
template <auto Extent, class Indices>
struct expected_along;
template <auto Extent, std::size_t... I>
struct expected_along<Extent, std::index_sequence<I...>> {
  template <std::size_t>
  static constexpr any_t before = any;
  using type = expected_input<before<I>..., Extent, more>;
};
}  // namespace detail
/// An input that has axis `Axis`, of the extent `Extent`.
template <int Axis, auto Extent = any>
using expected_along_t = typename detail::expected_along<Extent, std::make_index_sequence<std::size_t{Axis}>>::type;
/// An input that has the axis that `Dim` names, which counts from the last if it is negative.
template <int Dim>
using expected_axis_t = expected_along_t<(Dim < 0 ? -Dim - 1 : Dim)>;
template <auto... Extents>
struct expected_target {};
template <auto... Extents>
struct expected_second_operand {};
template <auto... Extents>
struct expected_indices {};
template <auto... Extents>
struct expected_state {};
/// The sizes that a call may ask for with `output_size<...>{}`.
template <auto... Extents>
struct expected_output_size {};
/// The shape of one of any number of operands.
template <auto... Extents>
struct expected_operand {};
template <index_t... Extents>
struct actual_input {};
template <index_t... Extents>
struct actual_output_size {};
/// The element type of an argument.
template <class T>
struct expected_elements {};
template <class T>
struct actual_elements {};
/// Indices from the outermost chain to the layer in question.
template <std::size_t... I>
struct at_layer {};

/// The answer of a shape rule to a shape that it does not accept.
template <class Layer, class Expected, class Actual, class Position = at_layer<>>
struct Rejection {};

/// The rejection of a shape by a user's `forward`, where the layer in question has already reported it.
struct AlreadyReported {};

template <class>
inline constexpr bool is_rejection = false;
template <>
inline constexpr bool is_rejection<AlreadyReported> = true;
template <class L, class E, class A, class P>
inline constexpr bool is_rejection<Rejection<L, E, A, P>> = true;

/// The rejection of `Actual` (a Shape) by `Layer`, which expects `Expected`.
template <class Layer, class Expected, class Actual>
struct reject;
template <class Layer, class Expected, index_t... D>
struct reject<Layer, Expected, Shape<D...>> {
  using type = Rejection<Layer, Expected, actual_input<D...>>;
};
template <class Layer, class Expected, class Actual>
using reject_t = typename reject<Layer, Expected, Actual>::type;

/// The rejection `Result` as seen from the chain that holds the layer at position `I`; a Shape stays what it is.
template <std::size_t I, class Result>
struct inside_layer {
  using type = Result;
};
template <std::size_t I, class L, class E, class A, std::size_t... P>
struct inside_layer<I, Rejection<L, E, A, at_layer<P...>>> {
  using type = Rejection<L, E, A, at_layer<I, P...>>;
};
template <std::size_t I, class Result>
using inside_layer_t = typename inside_layer<I, Result>::type;

/// The result of a call that was rejected. Every layer takes it and returns it, and it has the members of a result, so
/// that one mistake is one error.
struct Rejected {
  template <class Index>
  constexpr Rejected operator[](const Index&) const {
    return {};
  }
  template <class... X>
  constexpr Rejected operator()(const X&...) const {
    return {};
  }
  template <class... X>
  constexpr void backward(const X&...) const {}
  constexpr Rejected data() const { return {}; }
  constexpr Rejected grad() const { return {}; }
  constexpr Rejected item() const { return {}; }
  constexpr Rejected to_host() const { return {}; }
  template <class... X>
  constexpr Rejected step(const X&...) const {
    return {};
  }
  constexpr void reset() const {}
  static constexpr std::size_t size() { return 0; }
  /// Stands for a number.
  constexpr operator double() const { return 0; }
  /// Stands for a tensor.
  template <class TensorType>
    requires requires { typename TensorType::static_shape; }
  operator TensorType() const {
    return TensorType::unallocated();
  }
};

namespace detail {

/// A string as a template argument.
template <std::size_t Size>
struct fixed_string {
  char text[Size + 1]{};
  constexpr fixed_string() = default;
  constexpr fixed_string(const char (&literal)[Size + 1]) {
    for (std::size_t i = 0; i < Size; ++i) text[i] = literal[i];
  }
  constexpr std::string_view view() const { return {text, Size}; }
  friend constexpr bool operator==(const fixed_string&, const fixed_string&) = default;
};
template <std::size_t N>
fixed_string(const char (&)[N]) -> fixed_string<N - 1>;

struct TextBuffer {
  char text[512]{};
  std::size_t size = 0;
  constexpr TextBuffer& operator<<(std::string_view part) {
    for (char c : part)
      if (size < sizeof text) text[size++] = c;
    return *this;
  }
  template <std::integral Number>  // an index_t, or an int where that is another type
  constexpr TextBuffer& operator<<(Number number) {
    char digits[20]{};
    int count = 0;
    if (number < 0) *this << "-";
    for (Number n = number < 0 ? -number : number; n || !count; n /= 10)
      digits[count++] = static_cast<char>('0' + n % 10);
    while (count) *this << std::string_view(&digits[--count], 1);
    return *this;
  }
  constexpr TextBuffer& operator<<(any_t) { return *this << "*"; }
  constexpr TextBuffer& operator<<(more_t) { return *this << "..."; }
  template <index_t Least>
  constexpr TextBuffer& operator<<(at_least_t<Least>) {
    return *this << ">=" << Least;
  }
  template <index_t Least, index_t Most>
  constexpr TextBuffer& operator<<(between_t<Least, Most>) {
    return *this << Least << ".." << Most;
  }
  template <index_t Factor>
  constexpr TextBuffer& operator<<(multiple_of_t<Factor>) {
    return *this << Factor << "*n";
  }

  template <class... Parts>
  constexpr TextBuffer& list(std::string_view separator, const Parts&... parts) {
    std::size_t i = 0;
    ((*this << (i++ ? separator : std::string_view{}) << parts), ...);
    return *this;
  }
};

template <class Layer, auto... E, index_t... A, std::size_t... P>
constexpr TextBuffer sentence(Rejection<Layer, expected_input<E...>, actual_input<A...>, at_layer<P...>>,
                              std::string_view argument = "input") {
  TextBuffer text;
  if constexpr (sizeof...(P) > 0) {
    text << "Sequential: layer ";
    text.list(".", static_cast<index_t>(P)...) << " (" << Layer::name << ")";
  } else {
    text << Layer::name;
  }
  text << " expects " << argument << " (";
  text.list(", ", E...) << "), got (";
  text.list(", ", A...) << ")";
  return text;
}
template <class Layer, auto... E, class Actual, class Position>
constexpr TextBuffer sentence(Rejection<Layer, expected_target<E...>, Actual, Position>) {
  return sentence(Rejection<Layer, expected_input<E...>, Actual, Position>{}, "target");
}
template <class Layer, auto... E, class Actual, class Position>
constexpr TextBuffer sentence(Rejection<Layer, expected_indices<E...>, Actual, Position>) {
  return sentence(Rejection<Layer, expected_input<E...>, Actual, Position>{}, "indices");
}
template <class Layer, auto... E, class Actual, class Position>
constexpr TextBuffer sentence(Rejection<Layer, expected_state<E...>, Actual, Position>) {
  return sentence(Rejection<Layer, expected_input<E...>, Actual, Position>{}, "states");
}
template <class Layer, auto... E, class Actual, class Position>
constexpr TextBuffer sentence(Rejection<Layer, expected_second_operand<E...>, Actual, Position>) {
  return sentence(Rejection<Layer, expected_input<E...>, Actual, Position>{}, "second operand");
}
template <class Layer, auto... E, index_t... A, class Position>
constexpr TextBuffer sentence(Rejection<Layer, expected_output_size<E...>, actual_output_size<A...>, Position>) {
  return sentence(Rejection<Layer, expected_input<E...>, actual_input<A...>, Position>{}, "output_size");
}

template <class Layer, auto... E, class Actual, class Position>
constexpr TextBuffer sentence(Rejection<Layer, expected_operand<E...>, Actual, Position>) {
  return sentence(Rejection<Layer, expected_input<E...>, Actual, Position>{}, "operand");
}

template <class T>
constexpr std::string_view element_name() {
  if constexpr (std::is_same_v<T, float>)
    return "float";
  else if constexpr (std::is_same_v<T, double>)
    return "double";
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return "std::int64_t";
  else if constexpr (std::is_same_v<T, int>)
    return "int";
  else if constexpr (std::is_same_v<T, bool>)
    return "bool";
  else
    return "another type";
}
template <class Layer, class E, class A, class Position>
constexpr TextBuffer sentence(Rejection<Layer, expected_elements<E>, actual_elements<A>, Position>) {
  TextBuffer text;
  return text << Layer::name << " expects elements of type " << element_name<E>() << ", got " << element_name<A>();
}

template <class R>
constexpr auto message_of() {
  constexpr TextBuffer buffer = sentence(R{});
  fixed_string<buffer.size> text;
  for (std::size_t i = 0; i < buffer.size; ++i) text.text[i] = buffer.text[i];
  return text;
}

}  // namespace detail

template <detail::fixed_string Text>
struct message {};
template <class Message>
struct shape_error {};

// These return a deduced type, so that g++ looks into them where they are called, before it meets uses of the result.
constexpr auto report(AlreadyReported) {}

#if defined(__clang__)
template <class Position, class Layer, class Expected, class Actual>
inline constexpr bool accepts = false;

template <class Layer, class Expected, class Actual, class Position>
constexpr auto report(Rejection<Layer, Expected, Actual, Position>) {
  static_assert(accepts<Position, Layer, Expected, Actual>);
}
#else
template <class R>
constexpr auto report(R) {
  (void)shape_error<message<detail::message_of<R>()>>::rejected;
}
#endif

/// Makes one compile error that reads `text` and names the types behind it, one of which has to depend on a template
/// argument: `TENON_REJECT("a sentence", Types...);` in a function whose return type is deduced.
#if defined(__clang__)
template <class... Types>
inline constexpr bool accepts_types = false;
#define TENON_REJECT(text, ...) static_assert(::tenon::accepts_types<__VA_ARGS__>, text)
#else
template <class Message, class... Types>
struct type_error {};
#define TENON_REJECT(text, ...) (void)::tenon::type_error<::tenon::message<text>, __VA_ARGS__>::rejected
#endif

}  // namespace tenon::inline TENON_ISA
