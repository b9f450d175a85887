/// \file
/// What any net needs between its layers: Flatten, Identity, Residual.
#pragma once

#include "functional.hpp"
#include "sequential.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// Axes Start to End become one; negative ones count from the last.
template <int Start, int End>
struct Flatten {
  static constexpr std::string_view name = "Flatten";
  static constexpr bool keeps_elements = true;

  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    constexpr int rank = sizeof...(D), first = Start < 0 ? Start + rank : Start, last = End < 0 ? End + rank : End;
    if constexpr (first < 0 || last >= rank || first > last)
      return reject_t<Flatten, expected_input<any, any, more>, Shape<D...>>{};
    else
      return typename shape_from<Flattened<first, last, D...>>::type{};
  }

 private:
  template <int First, int Last, index_t... D>
  struct Flattened {
    static constexpr auto value = [] {
      constexpr std::array<index_t, sizeof...(D)> dims{D...};
      std::array<index_t, sizeof...(D) - static_cast<std::size_t>(Last - First)> result{};
      result.fill(1);
      for (int a = 0; a < static_cast<int>(sizeof...(D)); ++a)
        result[static_cast<std::size_t>(a <= First ? a : a <= Last ? First : a - (Last - First))] *=
            dims[static_cast<std::size_t>(a)];
      return result;
    }();
  };
};

}  // namespace operation

namespace nn {

/// `torch.nn.Flatten(start_dim=1, end_dim=-1)`
template <class... Tags>
class Flatten : public Layer<Flatten<Tags...>> {
  static constexpr int start = tag::value<tag::find_t<nn::start_dim, nn::start_dim<1>, Tags...>>;
  static constexpr int end = tag::value<tag::find_t<nn::end_dim, nn::end_dim<-1>, Tags...>>;

 public:
  using operation = tenon::operation::Flatten<start, end>;
  Flatten() { tag::check<Flatten, tag::names<nn::start_dim, nn::end_dim>, Tags...>(); }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static std::string extra_repr() {
    return "start_dim=" + std::to_string(start) + ", end_dim=" + std::to_string(end);
  }
};

/// y = x
class Identity : public PointwiseLayer<Identity, pointwise::Identity> {
 public:
  template <class X>
  auto forward(const X& x) const {
    return x;
  }
};

/// y = body(x) + shortcut(x); the shortcut is the identity by default. Keys: `body`, `shortcut`.
template <class Body, class Shortcut = Identity>
class Residual : public Layer<Residual<Body, Shortcut>> {
 public:
  static constexpr std::string_view name = "Residual";
  template <class Conversion>
  using rebind = Residual<rebound_or_same_t<Body, Conversion>, rebound_or_same_t<Shortcut, Conversion>>;

  BOOST_HANA_DEFINE_STRUCT(Residual, (Body, body), (Shortcut, shortcut));

  Residual() = default;
  explicit Residual(Body body_module, Shortcut shortcut_module = {})
      : body(std::move(body_module)), shortcut(std::move(shortcut_module)) {}

  template <class S>
  static constexpr auto output_shape(S) {
    using B = layer_output_t<Body, S>;
    using C = layer_output_t<Shortcut, S>;
    if constexpr (is_rejection<B>)
      return B{};
    else if constexpr (is_rejection<C>)
      return C{};
    else
      return tenon::operation::Add::output_shape(B{}, C{});
  }

  template <class X>
  auto forward(const X& x) {
    return checked<Residual>(
        x, [this](const auto& input) {
          // The body first, as planned from the type: the order of arguments is the compiler's.
          if constexpr (tenon::detail::is_symbolic<std::remove_cvref_t<decltype(input)>>) {
            const auto y = body(shared(input));
            return apply(tenon::operation::Add{}, y, shortcut(shared(input)));
          } else {
            const auto y = body(input);
            return apply(tenon::operation::Add{}, y, shortcut(input));
          }
        });
  }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
