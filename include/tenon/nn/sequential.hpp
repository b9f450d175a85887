/// \file
/// `Sequential`: a static chain of layers.
#pragma once

#include <algorithm>

#include "../core/hana.hpp"
#include "compose.hpp"
#include "shared.hpp"

namespace tenon::inline TENON_ISA {

/// A name as a value: `"conv1"_n`.
template <detail::fixed_string Text>
struct name {
  static constexpr detail::fixed_string value = Text;
};

inline namespace literals {
/// `model["conv1"_n]`
template <detail::fixed_string Text>
constexpr name<Text> operator""_n() {
  return {};
}
/// `model[0_c]`
template <char... Digits>
constexpr auto operator""_c() {
  return boost::hana::literals::operator""_c < Digits...>();
}
}  // namespace literals

namespace nn {

/// A layer with a name of its own in a Sequential: `Named<"conv1", Conv2d<...>>`.
///
///     nn::Sequential<nn::Named<"conv1", nn::Conv1d<1, 4, nn::kernel_size<3>>>> model;
///     assert(model.state_dict().contains("conv1.weight"));
template <tenon::detail::fixed_string Name, class LayerType>
struct Named {
  using named_layer = LayerType;
  static constexpr auto key = Name;
  template <class Conversion>
  using rebind = Named<Name, typename detail::rebound_or_same<LayerType, Conversion>::type>;
};

namespace detail {

// Not every compiler matches a string in a partial specialisation, so Named is known by its members.
template <class Element> concept IsNamed = requires { typename Element::named_layer; };

template <class Element, std::size_t I>
struct chain_element {
  using layer = Element;
  // The decimal digits of I, a key of the state dict.
  static constexpr auto key = [] {
    std::array<char, 8> text{};
    std::size_t digits = 1;
    for (std::size_t rest = I; rest >= 10; rest /= 10) ++digits;
    for (std::size_t rest = I, at = digits; at-- > 0; rest /= 10) text[at] = static_cast<char>('0' + rest % 10);
    return text;
  }();
  static constexpr const char* key_text() { return key.data(); }
};
// `ReLU()` in a list of types is a function: of that LayerList complains.
template <class LayerType, std::size_t I>
struct chain_element<LayerType(), I> : chain_element<LayerType, I> {};
template <IsNamed Element, std::size_t I>
struct chain_element<Element, I> {
  using layer = typename Element::named_layer;
  static constexpr const char* key_text() { return Element::key.text; }
};

template <IsNamed Element, class Conversion>
struct rebound_or_same<Element, Conversion> {
  using type = typename Element::template rebind<Conversion>;
};

}  // namespace detail

/// The layer an element of a Sequential stands for: `Named<"conv1", Layer>` or the layer itself.
template <class Element>
using layer_of_t = typename detail::chain_element<Element, 0>::layer;

/// The layers of a container, numbered or named: what Sequential and Concat share. `list[0_c]` and `list["conv1"_n]`
/// are the layers; their keys are `0`, `1`, ... or the names.
template <class Derived, class... Elements>
class LayerList : public Container<Derived> {
  static_assert((!std::is_function_v<Elements> && ...), "a chain is made of types of layers: nn::ReLU, not nn::ReLU()");
  template <class Indices>
  struct chain;
  template <std::size_t... I>
  struct chain<std::index_sequence<I...>> {
    using layers = boost::hana::tuple<typename detail::chain_element<Elements, I>::layer...>;
  };

 protected:
  using indices = std::index_sequence_for<Elements...>;
  using layers_type = typename chain<indices>::layers;
  /// Whether the layers may be given as instances of `L...`.
  template <class... L>
  static constexpr bool made_of =
      sizeof...(L) == sizeof...(Elements) && sizeof...(L) > 0 && std::is_same_v<boost::hana::tuple<L...>, layers_type>;

 public:
  LayerList() = default;

  static constexpr std::size_t size() noexcept { return sizeof...(Elements); }
  /// The names of the layers.
  static constexpr std::array<std::string_view, sizeof...(Elements)> keys =
      []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<std::string_view, sizeof...(Elements)>{detail::chain_element<Elements, I>::key_text()...};
      }(indices{});

  /// `model[0_c]`
  template <class Index>
    requires requires { Index::value + 0; }
  auto& operator[](Index) noexcept {
    return at<static_cast<std::size_t>(Index::value)>(*this);
  }
  template <class Index>
    requires requires { Index::value + 0; }
  const auto& operator[](Index) const noexcept {
    return at<static_cast<std::size_t>(Index::value)>(*this);
  }
  /// `model["conv1"_n]`
  template <class Name>
    requires requires { Name::value.view(); }
  auto& operator[](Name) noexcept {
    return at<position<Name>>(*this);
  }
  template <class Name>
    requires requires { Name::value.view(); }
  const auto& operator[](Name) const noexcept {
    return at<position<Name>>(*this);
  }

  template <class F>
  constexpr void for_each_own_member(F&& f) {
    visit(*this, f, indices{});
  }
  template <class F>
  constexpr void for_each_own_member(F&& f) const {
    visit(*this, f, indices{});
  }
  auto own_members() {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return boost::hana::make_tuple(std::pair(std::string(detail::chain_element<Elements, I>::key_text()),
                                               std::ref(boost::hana::at_c<I>(layers_)))...);
    }(indices{});
  }

  using children_types = Children<typename detail::chain_element<Elements, 0>::layer...>;
  template <std::size_t I>
  auto& child() noexcept {
    return boost::hana::at_c<I>(layers_);
  }
  template <std::size_t I>
  const auto& child() const noexcept {
    return boost::hana::at_c<I>(layers_);
  }

  const layers_type& layers() const noexcept { return layers_; }
  layers_type& layers() noexcept { return layers_; }

 protected:
  template <class... L>
    requires(made_of<L...>)
  explicit LayerList(L... layers) : layers_(std::move(layers)...) {}

 private:
  template <class Self, class F, std::size_t... I>
  static constexpr void visit(Self& list, F& f, std::index_sequence<I...>) {
    (f(detail::chain_element<Elements, I>::key_text(), boost::hana::at_c<I>(list.layers_)), ...);
  }

  template <class Name>
  static constexpr std::size_t position =
      static_cast<std::size_t>(std::find(keys.begin(), keys.end(), Name::value.view()) - keys.begin());
  template <std::size_t I, class Self>
  static constexpr auto& at(Self& list) noexcept {
    if constexpr (I < sizeof...(Elements)) {
      return boost::hana::at_c<I>(list.layers_);
    } else {
      static_assert(I < sizeof...(Elements), "no layer has this name or number");
      return list;
    }
  }

  layers_type layers_;
};

namespace detail {
/// What the layers before layer `I` of a chain have made: `link >> of_layer` is what layer I makes of that.
template <class Compose, class X, std::size_t I>
struct Link {
  const Compose& compose;
  X x;
  template <class Element>
  constexpr auto operator>>(std::type_identity<Element>) const {
    using Next = decltype(compose.template child<I>(x));
    return Link<Compose, Next, I + 1>{compose, compose.template child<I>(x)};
  }
};
}  // namespace detail

/// `torch.nn.Sequential`: each layer is called on the result of the one before.
///
/// `Sequential<A, B>` or `Sequential<Named<"conv1", A>, B>`; `Sequential model{A{}, B{}}` from instances. A layer that
/// does not take what the one before makes is one compile error, which names it.
///
///     nn::Sequential<nn::Named<"in", nn::Linear<8, 16>>, nn::ReLU, nn::Linear<16, 4>> model;
///     Tensor<float, 5, 4> y = model(Tensor<float, 5, 8>{});
///     const auto& weight = model["in"_n].weight.data();  // model[0_c] is the same layer
template <class... Elements>
class Sequential : public LayerList<Sequential<Elements...>, Elements...> {
  using list = LayerList<Sequential, Elements...>;

 public:
  static constexpr std::string_view name = "Sequential";
  template <class Conversion>
  using rebind = Sequential<rebound_or_same_t<Elements, Conversion>...>;

  Sequential() = default;
  template <class... L>
    requires(list::template made_of<L...>)
  explicit Sequential(L... layers) : list(std::move(layers)...) {}

  template <class Compose, class X>
  static constexpr auto compose(const Compose& compose, const X& x) {
    return (detail::Link<Compose, const X&, 0>{compose, x} >> ... >> std::type_identity<Elements>{}).x;
  }
};

template <class... L>
Sequential(L...) -> Sequential<L...>;

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
