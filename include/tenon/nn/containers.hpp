/// \file
/// What any net needs between and around its layers: Flatten, Unflatten, Identity, Residual, Concat.
#pragma once

#include "../core/hana.hpp"
#include "sequential.hpp"
#include "views.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// Axes Start to End become one; negative ones count from the last.
template <int Start, int End>
struct Flatten {
  static constexpr std::string_view name = "Flatten";
  static constexpr bool keeps_elements = true;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;

  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    constexpr int rank = sizeof...(D), first = axis_of(Start, rank), last = axis_of(End, rank);
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
        result[static_cast<std::size_t>(a <= First  ? a
                                        : a <= Last ? First
                                                    : a - (Last - First))] *= dims[static_cast<std::size_t>(a)];
      return result;
    }();
  };
};

/// Axis `Dim` becomes axes of the extents `Sizes`, of which one may be -1: what is left. Negative `Dim` counts from the
/// last axis.
template <int Dim, index_t... Sizes>
struct Unflatten {
  static constexpr std::string_view name = "Unflatten";
  static constexpr bool keeps_elements = true;
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;

  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    constexpr int rank = sizeof...(D), axis = axis_of(Dim, rank);
    if constexpr (axis < 0 || axis >= rank)
      return reject_t<Unflatten, expected_input<any, more>, Shape<D...>>{};
    else
      return split<static_cast<std::size_t>(axis)>(Shape<D...>{}, std::make_index_sequence<sizeof...(D)>{});
  }

 private:
  static constexpr index_t known = ((Sizes < 0 ? 1 : Sizes) * ... * 1);
  static constexpr bool infers = ((Sizes < 0) || ...);

  template <std::size_t Axis, index_t... D>
  struct Split {
    static constexpr auto value = [] {
      constexpr std::array<index_t, sizeof...(D)> dims{D...};
      std::array<index_t, sizeof...(D) - 1 + sizeof...(Sizes)> result{};
      std::size_t to = 0;
      for (std::size_t a = 0; a < dims.size(); ++a)
        if (a != Axis)
          result[to++] = dims[a];
        else
          for (const index_t size : {Sizes...}) result[to++] = size < 0 ? dims[a] / known : size;
      return result;
    }();
  };
  template <std::size_t Axis, index_t... D, std::size_t... I>
  static consteval auto split(Shape<D...>, std::index_sequence<I...>) {
    constexpr index_t extent = Shape<D...>::dims[Axis];
    if constexpr (infers ? extent % known != 0 : extent != known)
      return reject_t<Unflatten, expected_input<extent_or_any<I != Axis || infers, known>...>, Shape<D...>>{};
    else
      return typename shape_from<Split<Axis, D...>>::type{};
  }
};

}  // namespace operation

namespace nn {

/// `torch.nn.Flatten(start_dim=1, end_dim=-1)`: the axes from start_dim to end_dim become one; negative ones count from
/// the last.
///
/// A tensor without these axes does not compile.
///
///     nn::Flatten<> layer;
///     Tensor<float, 32, 400> y = layer(Tensor<float, 32, 16, 5, 5>{});
template <class... Tags>
class Flatten : public Layer<Flatten<Tags...>> {
  using options = tag::Options<tag::Given<Tags...>, tag::Integer<nn::start_dim<1>>, tag::Integer<nn::end_dim<-1>>>;

 public:
  using operation = tenon::operation::Flatten<tag::value<options, nn::start_dim>, tag::value<options, nn::end_dim>>;
  Flatten() { tag::check<Flatten>(options{}); }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() { return repr(options{}); }
};

/// `torch.nn.Unflatten(dim, unflattened_size)`: `Unflatten<dim<1>, unflattened_size<2, 5>>`, (N, 10) -> (N, 2, 5). One
/// of the sizes may be -1, what is left.
///
/// Sizes whose product is not the extent do not compile.
///
///     nn::Unflatten<nn::dim<1>, nn::unflattened_size<2, -1>> layer;
///     Tensor<float, 32, 2, 5> y = layer(Tensor<float, 32, 10>{});
template <class... Tags>
class Unflatten : public Layer<Unflatten<Tags...>> {
  using options = tag::Options<tag::Given<Tags...>, tag::Integer<nn::dim<>>, tag::Extents<nn::unflattened_size<>, 1>>;

  template <class Sizes>
  struct into;
  template <int Rank, index_t... Sizes>
  struct into<tag::Axes<Rank, Sizes...>> {
    using operation = tenon::operation::Unflatten<tag::value<options, nn::dim>, Sizes...>;
  };

 public:
  using operation = typename into<tag::type<options, nn::unflattened_size>>::operation;
  Unflatten() { tag::check<Unflatten>(options{}); }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() { return repr(options{}); }
};

/// `torch.nn.Identity`: y = x, (*) -> (*).
///
///     nn::Identity layer;
///     Tensor<float, 2, 3> y = layer(Tensor<float, 2, 3>{});
class Identity : public PointwiseLayer<Identity, pointwise::Identity> {
 public:
  template <class X>
  auto forward(const X& x) const {
    return x;
  }
};

/// y = body(x) + shortcut(x); the shortcut is the identity by default. Keys: `body`, `shortcut`.
///
/// A body and a shortcut that make two shapes do not compile. He and others, "Deep residual learning", 2015.
///
///     nn::Residual<nn::Sequential<nn::Linear<8, 8>, nn::Tanh>> block;
///     Tensor<float, 4, 8> y = block(Tensor<float, 4, 8>{});
///     assert(block.state_dict().contains("body.0.weight"));
template <class Body, class Shortcut = Identity>
class Residual : public Container<Residual<Body, Shortcut>> {
 public:
  static constexpr std::string_view name = "Residual";
  template <class Conversion>
  using rebind = Residual<rebound_or_same_t<Body, Conversion>, rebound_or_same_t<Shortcut, Conversion>>;

  BOOST_HANA_DEFINE_STRUCT(Residual, (Body, body), (Shortcut, shortcut));

  Residual() = default;
  explicit Residual(Body body_module, Shortcut shortcut_module = {})
      : body(std::move(body_module)), shortcut(std::move(shortcut_module)) {}

  using children_types = Children<Body, Shortcut>;
  static constexpr bool numbers_children = false;  // they have names
  template <std::size_t I>
  auto& child() noexcept {
    if constexpr (I == 0)
      return body;
    else
      return shortcut;
  }
  template <std::size_t I>
  const auto& child() const noexcept {
    if constexpr (I == 0)
      return body;
    else
      return shortcut;
  }
  template <class Compose, class X>
  static constexpr auto compose(const Compose& compose, const X& x) {
    const auto& input = compose.several(x);
    const auto y = compose.template child<0>(input);
    return compose.apply(tenon::operation::Add{}, y, compose.template child<1>(input));
  }
};

/// The branches' results for one input, behind one another along the channels: (N, C, *) -> (N, C_0 + C_1 + ..., *).
///
/// `Concat<A, B>` or `Concat<Named<"wide", A>, Named<"deep", B>>`; `Concat inception{A{}, B{}}` from instances.
/// Branches whose results differ in other axes do not compile.
///
///     nn::Concat<nn::Linear<8, 4>, nn::Linear<8, 12>> wide;
///     Tensor<float, 5, 16> y = wide(Tensor<float, 5, 8>{});
///     assert(wide.state_dict().contains("1.weight"));
template <class... Branches>
class Concat : public LayerList<Concat<Branches...>, Branches...> {
  static_assert(sizeof...(Branches) > 0, "a Concat has a branch or more");
  using list = LayerList<Concat, Branches...>;

 public:
  static constexpr std::string_view name = "Concat";
  template <class Conversion>
  using rebind = Concat<rebound_or_same_t<Branches, Conversion>...>;

  Concat() = default;
  template <class... L>
    requires(list::template made_of<L...>)
  explicit Concat(L... branches) : list(std::move(branches)...) {}

  template <class Compose, class X>
  static constexpr auto compose(const Compose& compose, const X& x) {
    return compose_branches(compose, compose.several(x), std::index_sequence_for<Branches...>{});
  }

 private:
  template <class Compose, class X, std::size_t... I>
  static constexpr auto compose_branches(const Compose& compose, const X& x, std::index_sequence<I...>) {
    // Braces: one branch after the other.
    const std::tuple<decltype(compose.template child<I>(x))...> results{compose.template child<I>(x)...};
    return compose.apply(tenon::operation::Cat<1>{}, std::get<I>(results)...);
  }
};
template <class... L>
Concat(L...) -> Concat<L...>;

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
