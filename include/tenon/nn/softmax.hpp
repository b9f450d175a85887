/// \file
/// Softmax, Softmin and LogSoftmax: along any axis, which `dim<1>` names; negative ones count from the last.
#pragma once

#include "../core/pointwise.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// `Function` of x, then softmax or its logarithm along axis `Dim`; `Derived` is what errors call it.
template <class Derived, int Dim, class Function, bool Logarithm>
struct SoftmaxAlong {
  using function = Function;
  static constexpr autograd::Needs backward_needs = autograd::needs_results;
  static constexpr bool logarithm = Logarithm;
  template <std::size_t Rank>
  static constexpr int axis = axis_of(Dim, Rank);

  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    constexpr int rank = sizeof...(D);
    if constexpr (axis<rank> >= 0 && axis<rank> < rank)
      return Shape<D...>{};
    else
      return reject_t<Derived, expected_input<any, more>, Shape<D...>>{};
  }
};

/// exp(x) / sum(exp(x))
template <int Dim>
struct Softmax : SoftmaxAlong<Softmax<Dim>, Dim, pointwise::Identity, false> {
  static constexpr std::string_view name = "Softmax";
};
/// exp(-x) / sum(exp(-x))
template <int Dim>
struct Softmin : SoftmaxAlong<Softmin<Dim>, Dim, pointwise::Negate, false> {
  static constexpr std::string_view name = "Softmin";
};
/// log(exp(x) / sum(exp(x)))
template <int Dim>
struct LogSoftmax : SoftmaxAlong<LogSoftmax<Dim>, Dim, pointwise::Identity, true> {
  static constexpr std::string_view name = "LogSoftmax";
};

template <class Operation>
concept AnySoftmax = requires {
  typename Operation::function;
  Operation::logarithm;
};

}  // namespace operation

namespace nn {

/// What the layers share; `Operation` is one of those above.
template <class Derived, template <int> class Operation, class... Tags>
class SoftmaxLayer : public Layer<Derived> {
  using options = tag::Options<tag::Given<Tags...>, tag::Integer<nn::dim<1>>>;

 public:
  using operation = Operation<tag::value<options, nn::dim>>;

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static Text extra_repr() { return repr(options{}); }

  SoftmaxLayer() { tag::check<Derived>(options{}); }
};

/// `torch.nn.Softmax(dim)`: exp(x) / sum(exp(x)) along `dim<1>`, the default.
///
/// (*) -> (*). A negative dim counts from the last axis; one outside the tensor does not compile.
///
///     nn::Softmax<nn::dim<1>> layer;
///     Tensor<float, 2, 3> y = layer(Tensor<float, 2, 3>{});
template <class... Tags>
class Softmax : public SoftmaxLayer<Softmax<Tags...>, tenon::operation::Softmax, Tags...> {};

/// `torch.nn.Softmin(dim)`: exp(-x) / sum(exp(-x)) along `dim<1>`, the default.
///
/// (*) -> (*).
///
///     nn::Softmin<> layer;
///     Tensor<float, 2, 3> y = layer(Tensor<float, 2, 3>{});
template <class... Tags>
class Softmin : public SoftmaxLayer<Softmin<Tags...>, tenon::operation::Softmin, Tags...> {};

/// `torch.nn.LogSoftmax(dim)`: log(softmax(x)) along `dim<1>`, the default.
///
/// (*) -> (*).
///
///     nn::LogSoftmax<> layer;
///     Tensor<float, 2, 3> y = layer(Tensor<float, 2, 3>{});
template <class... Tags>
class LogSoftmax : public SoftmaxLayer<LogSoftmax<Tags...>, tenon::operation::LogSoftmax, Tags...> {};

/// The layers as functions: `softmax<1>(x)` or `softmax<dim<1>>(x)`, along axis 1 by default.
namespace functional {

template <int Dim = 1, class X>
auto softmax(const X& x) {
  return apply(tenon::operation::Softmax<Dim>{}, x);
}
template <int Dim = 1, class X>
auto softmin(const X& x) {
  return apply(tenon::operation::Softmin<Dim>{}, x);
}
template <int Dim = 1, class X>
auto log_softmax(const X& x) {
  return apply(tenon::operation::LogSoftmax<Dim>{}, x);
}
template <class Dim, class X>
auto softmax(const X& x) {
  return Softmax<Dim>()(x);
}
template <class Dim, class X>
auto softmin(const X& x) {
  return Softmin<Dim>()(x);
}
template <class Dim, class X>
auto log_softmax(const X& x) {
  return LogSoftmax<Dim>()(x);
}

}  // namespace functional
}  // namespace nn
}  // namespace tenon::inline TENON_ISA
