/// \file
/// Activation layers. Pointwise ones are a functor of core/pointwise.hpp.
#pragma once

#include "../core/pointwise.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// `Function` of each element.
template <class Function>
struct Pointwise {
  static constexpr std::string_view name = Function::name;
  using function = Function;
  template <class S>
  static consteval auto output_shape(S) {
    return S{};
  }
};

/// log(exp(x) / sum(exp(x))) along axis `Dim`; negative counts from the last axis.
template <int Dim>
struct LogSoftmax {
  static constexpr std::string_view name = "LogSoftmax";
  template <std::size_t Rank>
  static constexpr int axis = Dim < 0 ? Dim + static_cast<int>(Rank) : Dim;

  template <index_t... D>
  static consteval auto output_shape(Shape<D...>) {
    constexpr int rank = sizeof...(D);
    if constexpr (axis<rank> >= 0 && axis<rank> < rank)
      return Shape<D...>{};
    else
      return reject_t<LogSoftmax, expected_input<any, more>, Shape<D...>>{};
  }
};

}  // namespace operation

namespace nn {

/// A layer without options that applies `Function` to each element.
template <class Derived, class Function>
class PointwiseLayer : public Layer<Derived> {
 public:
  using operation = tenon::operation::Pointwise<Function>;
  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
};

/// `torch.nn.ReLU`: max(0, x)
class ReLU : public PointwiseLayer<ReLU, pointwise::Relu> {};
/// `torch.nn.Tanh`
class Tanh : public PointwiseLayer<Tanh, pointwise::Tanh> {};

/// `torch.nn.LogSoftmax(dim)`: log(softmax(x)) along `dim<1>`, which may be negative.
template <class... Tags>
class LogSoftmax : public Layer<LogSoftmax<Tags...>> {
  static constexpr int dim = tag::value<tag::find_t<nn::dim, nn::dim<1>, Tags...>>;

 public:
  using operation = tenon::operation::LogSoftmax<dim>;
  LogSoftmax() { tag::check<LogSoftmax, tag::names<nn::dim>, Tags...>(); }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
  static std::string extra_repr() { return "dim=" + std::to_string(dim); }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
