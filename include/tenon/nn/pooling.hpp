/// \file
/// Pooling layers.
#pragma once

#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

// What errors call the poolings.
struct MaxPool1d {
  static constexpr std::string_view name = "MaxPool1d";
};
struct MaxPool2d {
  static constexpr std::string_view name = "MaxPool2d";
};
struct MaxPool3d {
  static constexpr std::string_view name = "MaxPool3d";
};

/// The largest element of each window of (N, C, axes...), and where it was.
template <int Rank, class Kernel, class Stride, class Padding, class Dilation, bool ReturnIndices, bool CeilMode>
struct MaxPool {
  using shown = std::tuple_element_t<Rank - 1, std::tuple<MaxPool1d, MaxPool2d, MaxPool3d>>;
  static constexpr std::string_view name = shown::name;
  static constexpr int rank = Rank;
  static constexpr bool return_indices = ReturnIndices;
  static constexpr std::array<index_t, Rank> kernel = Kernel::value, stride = Stride::value, padding = Padding::value,
                                             dilation = Dilation::value;

  /// The indices are positions in the input plane, flattened.
  template <std::size_t I, class T>
  using result_element = std::conditional_t<I == 1, std::int64_t, T>;

  template <index_t N, index_t C, index_t... Axes>
  static constexpr PoolGeometry<Rank> geometry(Shape<N, C, Axes...>) {
    PoolGeometry<Rank> g{N * C, {}};
    constexpr std::array<index_t, Rank> input{Axes...};
    for (std::size_t a = 0; a < Rank; ++a)
      g.axes[a] = {input[a], kernel[a], stride[a], padding[a], dilation[a], output_size(input[a], a)};
    return g;
  }

  template <index_t... D>
  static consteval auto output_shape(Shape<D...> x) {
    return output(x, std::make_index_sequence<Rank>{});
  }

 private:
  static constexpr index_t output_size(index_t input, std::size_t a) {
    return pool_output_size(input, kernel[a], stride[a], padding[a], dilation[a], CeilMode);
  }
  // The least input extent that gives an output.
  static constexpr index_t least(std::size_t a) {
    index_t extent = 1;
    while (output_size(extent, a) < 1) ++extent;
    return extent;
  }
  template <index_t... D, std::size_t... A>
  static consteval auto output(Shape<D...>, std::index_sequence<A...>) {
    constexpr std::array<index_t, sizeof...(D)> dims{D...};
    constexpr bool accepted = [&] {
      if constexpr (sizeof...(D) == Rank + 2)
        return ((output_size(dims[A + 2], A) > 0) && ...);
      else
        return false;
    }();
    if constexpr (!accepted) {
      return reject_t<shown, expected_input<any, any, at_least<least(A)>...>, Shape<D...>>{};
    } else {
      using S = Shape<dims[0], dims[1], output_size(dims[A + 2], A)...>;
      if constexpr (ReturnIndices)
        return Shapes<S, S>{};
      else
        return S{};
    }
  }
};

}  // namespace operation

namespace nn {

/// What MaxPool1d, MaxPool2d and MaxPool3d share; `Derived` is the layer as the user spells it.
template <class Derived, int Rank, class... Tags>
class MaxPoolLayer : public Layer<Derived> {
  using kernel_tag = tag::find_t<nn::kernel_size, nn::kernel_size<>, Tags...>;
  using stride_tag = tag::find_t<nn::stride, kernel_tag, Tags...>;
  using padding_tag = tag::find_t<nn::padding, nn::padding<0>, Tags...>;
  using dilation_tag = tag::find_t<nn::dilation, nn::dilation<1>, Tags...>;
  using kernel = tag::axes_t<Rank, 1, kernel_tag>;
  using padding = tag::axes_t<Rank, 0, padding_tag>;
  static constexpr bool indices = tag::value<tag::find_t<nn::return_indices, nn::return_indices<false>, Tags...>>;
  static constexpr bool ceil = tag::value<tag::find_t<nn::ceil_mode, nn::ceil_mode<false>, Tags...>>;

 public:
  using operation = tenon::operation::MaxPool<Rank, kernel, tag::axes_t<Rank, 1, stride_tag>, padding,
                                              tag::axes_t<Rank, 1, dilation_tag>, indices, ceil>;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }

  static std::string extra_repr() {
    return "kernel_size=" + repr(operation::kernel) + ", stride=" + repr(operation::stride) +
           ", padding=" + repr(operation::padding) + ", dilation=" + repr(operation::dilation) +
           ", ceil_mode=" + (ceil ? "True" : "False");
  }

 protected:
  MaxPoolLayer() {
    using known = tag::names<nn::kernel_size, nn::stride, nn::padding, nn::dilation, nn::return_indices, nn::ceil_mode>;
    tag::check<Derived, known, Tags...>();
    tag::require_axes<Derived, Rank, 1, kernel_tag>();
    tag::require_axes<Derived, Rank, 1, stride_tag>();
    tag::require_axes<Derived, Rank, 0, padding_tag>();
    tag::require_axes<Derived, Rank, 1, dilation_tag>();
    constexpr bool padding_fits = [] {
      for (std::size_t a = 0; a < Rank; ++a)
        if (2 * padding::value[a] > kernel::value[a]) return false;
      return true;
    }();
    tag::require<Derived, padding_tag, padding_fits>();
  }
};

/// `torch.nn.MaxPool2d`: (N, C, H, W) -> (N, C, H', W').
///
/// Tags: kernel_size (required), stride (kernel_size), padding<0> (at most half the kernel, with -infinity), dilation<1>,
/// return_indices<false>, ceil_mode<false>. With return_indices: `auto [y, indices] = pool(x)`, the indices into the
/// flattened input plane (H, W), as `MaxUnpool2d` wants them.
template <class... Tags>
class MaxPool2d : public MaxPoolLayer<MaxPool2d<Tags...>, 2, Tags...> {
 public:
  MaxPool2d() = default;
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
