/// \file
/// Dropout layers.
#pragma once

#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// In training mode each element is zeroed with a probability of P, the others are scaled by 1 / (1 - P).
template <double P>
struct Dropout {
  static constexpr std::string_view name = "Dropout";
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
  static constexpr double p = P;
  /// Elements that share their fate.
  template <class S>
  static constexpr index_t unit = 1;

  bool training = false;

  template <class S>
  static consteval auto output_shape(S) {
    return S{};
  }
};

/// The same for whole channels of (N, C, axes...), each of each sample on its own.
template <int Rank, double P>
struct ChannelDropout {
  static_assert(Rank == 2 || Rank == 3);
  static constexpr std::string_view name = Rank == 2 ? "Dropout2d" : "Dropout3d";
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
  static constexpr double p = P;
  template <class S>
  static constexpr index_t unit = S::size / (S::dims[0] * S::dims[1]);

  bool training = false;

  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    if constexpr (sizeof...(D) == Rank + 2)
      return Shape<D...>{};
    else
      return rejection<D...>(std::make_index_sequence<std::size_t{Rank + 2}>{});
  }

 private:
  template <index_t... D, std::size_t... A>
  static consteval auto rejection(std::index_sequence<A...>) {
    return reject_t<ChannelDropout, expected_input<(static_cast<void>(A), any)...>, Shape<D...>>{};
  }
};

template <class Operation>
concept AnyDropout = requires {
  Operation::p;
  Operation::template unit<Shape<1, 1, 1>>;
};

}  // namespace operation

namespace nn {

/// What the layers share; `Operation<p>` is one of those above.
template <class Derived, template <double> class Operation, class... Tags>
class DropoutLayer : public Layer<Derived> {
  using options = tag::Options<tag::Given<Tags...>, tag::Real<nn::p<0.5>, tag::Between<0, 1>>,
                               tag::Fixed<tag::Flag<detail::inplace<false>>>>;

 public:
  using operation = Operation<tag::value<options, nn::p>>;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{this->is_training()}, x);
  }
  static Text extra_repr() { return repr(options{}); }

  DropoutLayer() { tag::check<Derived>(options{}); }
};

namespace detail {
template <double P>
using Dropout2d = tenon::operation::ChannelDropout<2, P>;
template <double P>
using Dropout3d = tenon::operation::ChannelDropout<3, P>;
}  // namespace detail

/// `torch.nn.Dropout(p=0.5)`: any shape. In training mode elements are zeroed with probability p, the others scaled by
/// 1 / (1 - p), drawn from the thread's `generator()`; the identity in evaluation mode.
///
/// A p outside [0, 1] does not compile. Hinton and others, 2012.
///
///     nn::Dropout<nn::p<0.2>> layer;
///     Tensor<float, 20, 16> y = layer(Tensor<float, 20, 16>{});
template <class... Tags>
class Dropout : public DropoutLayer<Dropout<Tags...>, tenon::operation::Dropout, Tags...> {};

/// `torch.nn.Dropout2d(p=0.5)`: (N, C, H, W) -> (N, C, H, W). As Dropout, but zeroes whole channels.
///
/// Tompson and others, 2014.
///
///     nn::Dropout2d<> layer;
///     Tensor<float, 20, 16, 8, 8> y = layer(Tensor<float, 20, 16, 8, 8>{});
template <class... Tags>
class Dropout2d : public DropoutLayer<Dropout2d<Tags...>, detail::Dropout2d, Tags...> {};

/// `torch.nn.Dropout3d(p=0.5)`: (N, C, D, H, W) -> (N, C, D, H, W). As Dropout, but zeroes whole channels.
///
///     nn::Dropout3d<> layer;
///     Tensor<float, 20, 16, 4, 8, 8> y = layer(Tensor<float, 20, 16, 4, 8, 8>{});
template <class... Tags>
class Dropout3d : public DropoutLayer<Dropout3d<Tags...>, detail::Dropout3d, Tags...> {};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
