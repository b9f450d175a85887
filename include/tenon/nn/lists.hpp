/// \file
/// Lists of modules and of parameters that a module's own `forward` goes through.
#pragma once

#include "sequential.hpp"

namespace tenon::inline TENON_ISA::nn {

namespace detail {
[[noreturn]] inline void raise_element(const char* list, index_t i, index_t size) {
  raise(Text(list) + ": element " + to_text(i) + " of " + to_text(size));
}
/// The element type of a list whose elements have one type; void of others.
template <class... Elements>
struct common_element : std::type_identity<void> {};
template <class First, class... Rest>
  requires(std::is_same_v<First, Rest> && ...)
struct common_element<First, Rest...> : std::type_identity<First> {};

/// A list's elements one after the other, where they have one type.
template <class List>
class ListIterator {
 public:
  ListIterator(List& list, index_t at) noexcept : list_(&list), at_(at) {}
  auto& operator*() const { return (*list_)[at_]; }
  ListIterator& operator++() noexcept {
    ++at_;
    return *this;
  }
  friend bool operator==(const ListIterator& a, const ListIterator& b) noexcept { return a.at_ == b.at_; }

 private:
  List* list_;
  index_t at_;
};
template <class List>
ListIterator(List&, int) -> ListIterator<List>;
}  // namespace detail

/// What ModuleList and ParameterList share: `Of<Elements...>` is the list. Its keys are `0`, `1`, ... `list[0_c]` is an
/// element; where all have one type, so is `list[i]`, and a loop goes through them.
template <template <class...> class Of, class... Elements>
class ElementList : public LayerList<Of<Elements...>, Elements...> {
  using base = LayerList<Of<Elements...>, Elements...>;
  static constexpr bool uniform = !std::is_void_v<typename detail::common_element<Elements...>::type>;

 public:
  using base::operator[];
  /// Throws tenon::Error for an `i` outside the list.
  template <std::integral Index>
    requires(uniform)
  auto& operator[](Index i) {
    return at(*this, static_cast<index_t>(i), typename base::indices{});
  }
  template <std::integral Index>
    requires(uniform)
  const auto& operator[](Index i) const {
    return at(*this, static_cast<index_t>(i), typename base::indices{});
  }
  auto begin()
    requires(uniform)
  {
    return detail::ListIterator(*this, 0);
  }
  auto begin() const
    requires(uniform)
  {
    return detail::ListIterator(*this, 0);
  }
  auto end()
    requires(uniform)
  {
    return detail::ListIterator(*this, sizeof...(Elements));
  }
  auto end() const
    requires(uniform)
  {
    return detail::ListIterator(*this, sizeof...(Elements));
  }

  /// A list with copies of these elements and then `element`; of `std::move(list)`, with the elements themselves.
  template <class Element>
  auto append(Element element) const& {
    return Of<Elements...>(this->self()).append_to(std::move(element));
  }
  template <class Element>
  auto append(Element element) && {
    return append_to(std::move(element));
  }
  /// The same with all elements of another list.
  template <class... More>
  auto extend(Of<More...> other) const& {
    return Of<Elements...>(this->self()).extend_by(std::move(other));
  }
  template <class... More>
  auto extend(Of<More...> other) && {
    return extend_by(std::move(other));
  }

 protected:
  ElementList() = default;
  template <class... L>
    requires(base::template made_of<L...>)
  explicit ElementList(L... elements) : base(std::move(elements)...) {}

 private:
  template <template <class...> class, class...>
  friend class ElementList;

  template <class Element>
  auto append_to(Element element) {
    return boost::hana::unpack(std::move(this->layers()), [&](auto&&... own) {
      return Of<Elements..., Element>(std::move(own)..., std::move(element));
    });
  }
  template <class... More>
  auto extend_by(Of<More...> other) {
    return boost::hana::unpack(std::move(this->layers()), [&](auto&&... own) {
      return boost::hana::unpack(std::move(other.layers()), [&](auto&&... others) {
        return Of<Elements..., More...>(std::move(own)..., std::move(others)...);
      });
    });
  }
  template <class Self, std::size_t... I>
  static auto& at(Self& list, index_t i, std::index_sequence<I...>) {
    constexpr auto size = static_cast<index_t>(sizeof...(I));
    if (i < 0 || i >= size) detail::raise_element(Of<Elements...>::name.data(), i, size);
    const std::array elements{&boost::hana::at_c<I>(list.layers())...};
    return *elements[static_cast<std::size_t>(i)];
  }
};

/// `torch.nn.ModuleList`: modules that the `forward` of the module which has the list goes through. It is not called
/// itself.
///
/// `ModuleList<A, B>`, or `ModuleList list{A{}, B{}}` from instances; `list.append(C{})` and `list.extend(other)`
/// return the longer list. Keys: `0`, `1`, ...
///
///     nn::ModuleList<nn::Linear<4, 4>, nn::Linear<4, 4>> layers;
///     Tensor<float, 2, 4> x;
///     for (auto& layer : layers) x = layer(x);
///     auto longer = layers.append(nn::Linear<4, 2>{});
///     Tensor<float, 2, 2> y = longer[2_c](x);
template <class... Modules>
class ModuleList : public ElementList<ModuleList, Modules...> {
  using list = ElementList<ModuleList, Modules...>;

 public:
  static constexpr std::string_view name = "ModuleList";
  template <class Conversion>
  using rebind = ModuleList<rebound_or_same_t<Modules, Conversion>...>;

  ModuleList() = default;
  template <class... L>
    requires(list::template made_of<L...>)
  explicit ModuleList(L... modules) : list(std::move(modules)...) {}
};
template <class... L>
ModuleList(L...) -> ModuleList<L...>;

/// `torch.nn.ParameterList`: parameters that the `forward` of the module which has the list goes through.
///
/// `ParameterList<Parameter<Tensor<float, 2, 3>>, ...>`; `append` and `extend` return the longer list. Keys: `0`, `1`,
/// ...
///
///     nn::ParameterList<nn::Parameter<Tensor<float, 2, 3>>, nn::Parameter<Tensor<float, 3>>> list;
///     list[1_c].data().fill(1);
template <class... Parameters>
class ParameterList : public ElementList<ParameterList, Parameters...> {
  using list = ElementList<ParameterList, Parameters...>;
  static_assert((is_parameter<Parameters> && ...), "a ParameterList holds nn::Parameter<Tensor<...>>");

 public:
  static constexpr std::string_view name = "ParameterList";
  template <class Conversion>
  using rebind = ParameterList<rebound_or_same_t<Parameters, Conversion>...>;

  ParameterList() = default;
  template <class... P>
    requires(list::template made_of<P...>)
  explicit ParameterList(P... parameters) : list(std::move(parameters)...) {}
};
template <class... P>
ParameterList(P...) -> ParameterList<P...>;

}  // namespace tenon::inline TENON_ISA::nn
