/// \file
/// Layers that undo a max pooling.
#pragma once

#include "pooling.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

// What errors call the unpoolings.
struct MaxUnpool1d {
  static constexpr std::string_view name = "MaxUnpool1d";
};
struct MaxUnpool2d {
  static constexpr std::string_view name = "MaxUnpool2d";
};
struct MaxUnpool3d {
  static constexpr std::string_view name = "MaxUnpool3d";
};

/// What a call asks for that does not say which size of output it wants: the smallest of which the pooling makes its
/// input, were it not for the padding.
struct DefaultSize {};

/// Zeros, and each element of (N, C, axes...) at the position in its plane that the indices, of the same shape, say.
/// `Size`: DefaultSize or tag::Axes.
template <int Rank, class Kernel, class Stride, class Padding, class Size = DefaultSize>
struct MaxUnpool {
  using shown = std::tuple_element_t<std::size_t{Rank - 1}, std::tuple<MaxUnpool1d, MaxUnpool2d, MaxUnpool3d>>;
  static constexpr std::string_view name = shown::name;
  static constexpr autograd::Needs backward_needs{{0b10}};  // the indices
  static constexpr int index_argument = 1;

  template <index_t... D, class Indices>
  static consteval auto output_shape(Shape<D...>, Indices) {
    if constexpr (sizeof...(D) != Rank + 2)
      return rejected_rank(Shape<D...>{}, std::make_index_sequence<std::size_t{Rank}>{});
    else if constexpr (!std::is_same_v<Shape<D...>, Indices>)
      return reject_t<shown, expected_indices<D...>, Indices>{};
    else
      return sized(Size{}, Shape<D...>{}, std::make_index_sequence<std::size_t{Rank}>{});
  }

 private:
  static constexpr index_t default_extent(index_t input, std::size_t a) {
    return (input - 1) * Stride::value[a] - 2 * Padding::value[a] + Kernel::value[a];
  }
  static constexpr index_t least_input(std::size_t a) { return default_extent(1, a) > 0 ? 1 : 2; }

  template <class S, std::size_t... A>
  static consteval auto rejected_rank(S, std::index_sequence<A...>) {
    return reject_t<shown, expected_input<any, any, at_least<least_input(A)>...>, S>{};
  }
  template <index_t N, index_t C, index_t... Input, std::size_t... A>
  static consteval auto sized(DefaultSize, Shape<N, C, Input...> x, std::index_sequence<A...> axes) {
    if constexpr (((default_extent(Input, A) > 0) && ...))
      return Shape<N, C, default_extent(Input, A)...>{};
    else
      return rejected_rank(x, axes);
  }
  /// As in PyTorch, less than a stride beside the default.
  template <index_t... Output, index_t N, index_t C, index_t... Input, std::size_t... A>
  static consteval auto sized(tag::Axes<Rank, Output...>, Shape<N, C, Input...>, std::index_sequence<A...>) {
    constexpr auto least = [](index_t input, std::size_t a) {
      return (std::max<index_t>)(1, default_extent(input, a) - Stride::value[a] + 1);
    };
    constexpr auto most = [](index_t input, std::size_t a) { return default_extent(input, a) + Stride::value[a] - 1; };
    if constexpr (((Output >= least(Input, A) && Output <= most(Input, A)) && ...))
      return Shape<N, C, Output...>{};
    else
      return Rejection<shown, expected_output_size<between<least(Input, A), most(Input, A)>...>,
                       actual_output_size<Output...>>{};
  }
};

}  // namespace operation

namespace nn {

namespace detail {

/// What MaxUnpool1d, MaxUnpool2d and MaxUnpool3d share; `Derived` is the layer as the user spells it.
template <class Derived, int Rank, class... Tags>
class MaxUnpoolLayer : public Layer<Derived> {
  using options = tag::Options<tag::Given<Tags...>, KernelSize<Rank>, Stride<Rank>, Padding<Rank>>;
  template <class Size>
  using operation = tenon::operation::MaxUnpool<Rank, tag::type<options, nn::kernel_size>,
                                                tag::type<options, nn::stride>, tag::type<options, nn::padding>, Size>;

 public:
  template <class X, class Indices>
  auto forward(const X& x, const Indices& indices) const {
    return apply(operation<tenon::operation::DefaultSize>{}, x, indices);
  }
  template <class X, class Indices, auto... Size>
  auto forward(const X& x, const Indices& indices, output_size<Size...>) const {
    using Wanted = tag::Option<OutputSize<Rank>, output_size<Size...>>;
    if constexpr (!Wanted::fits) {
      tag::require<Derived, typename Wanted::tag, Wanted::fits>();
      return Rejected{};
    } else {
      return apply(operation<typename Wanted::type>{}, x, indices);
    }
  }
  static Text extra_repr() { return repr(options{}); }

  MaxUnpoolLayer() { check_sliding<Derived, options>(); }
};

}  // namespace detail

/// `torch.nn.MaxUnpool1d`: `unpool(y, indices)`, both (N, C, L') -> (N, C, L), what `auto [y, indices] = pool(x)` gave.
///
/// Tags: kernel_size (required), stride (kernel_size), padding<0>, as the pooling's. Where several sizes lead to one,
/// `unpool(y, indices, output_size<5>{})` says which is wanted; one that none leads to is a compile error. Of equal
/// indices the last counts. An index outside the output plane is a tenon::Error, before anything is computed; in a
/// compiled net it is left out, and `net.status()` says so.
///
///     nn::MaxPool1d<nn::kernel_size<2>, nn::return_indices<true>> pool;
///     auto [y, indices] = pool(Tensor<float, 2, 3, 8>{});
///     Tensor<float, 2, 3, 8> x = nn::MaxUnpool1d<nn::kernel_size<2>>{}(y, indices);
template <class... Tags>
class MaxUnpool1d : public detail::MaxUnpoolLayer<MaxUnpool1d<Tags...>, 1, Tags...> {};
/// `torch.nn.MaxUnpool2d`: (N, C, H', W') -> (N, C, H, W). As `MaxUnpool1d`.
///
///     nn::MaxPool2d<nn::kernel_size<2>, nn::return_indices<true>> pool;
///     auto [y, indices] = pool(Tensor<float, 2, 3, 8, 8>{});
///     Tensor<float, 2, 3, 8, 8> x = nn::MaxUnpool2d<nn::kernel_size<2>>{}(y, indices);
template <class... Tags>
class MaxUnpool2d : public detail::MaxUnpoolLayer<MaxUnpool2d<Tags...>, 2, Tags...> {};
/// `torch.nn.MaxUnpool3d`: (N, C, D', H', W') -> (N, C, D, H, W). As `MaxUnpool1d`.
///
///     nn::MaxPool3d<nn::kernel_size<2>, nn::return_indices<true>> pool;
///     auto [y, indices] = pool(Tensor<float, 2, 3, 8, 8, 8>{});
///     Tensor<float, 2, 3, 8, 8, 8> x = nn::MaxUnpool3d<nn::kernel_size<2>>{}(y, indices);
template <class... Tags>
class MaxUnpool3d : public detail::MaxUnpoolLayer<MaxUnpool3d<Tags...>, 3, Tags...> {};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
