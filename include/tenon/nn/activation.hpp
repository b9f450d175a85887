/// \file
/// Activation layers. Pointwise ones are a functor of core/pointwise.hpp.
#pragma once

#include "../core/activation.hpp"
#include "module.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// `Function` of each element.
template <class Function>
struct Pointwise {
  static constexpr std::string_view name = Function::name;
  static constexpr autograd::Needs backward_needs =
      autograd::needs_input_if<Function::saves == pointwise::Saves::input>;
  using function = Function;
  template <class S>
  static consteval auto output_shape(S) {
    return S{};
  }
};

/// x where it is positive, else weight * x: one weight for all elements, or one for each channel of (N, C, ...).
template <index_t Parameters>
struct PReLU {
  static constexpr std::string_view name = "PReLU";
  static constexpr autograd::Needs backward_needs = autograd::needs_input_and_weight;

  template <index_t... D, class... Weight>
  static consteval auto output_shape(Shape<D...>, Weight...) {
    constexpr std::array<index_t, sizeof...(D) + 1> dims{D...};
    if constexpr (Parameters == 1 || (sizeof...(D) > 1 && dims[1] == Parameters))
      return Shape<D...>{};
    else
      return reject_t<PReLU, expected_input<any, Parameters, more>, Shape<D...>>{};
  }
};

}  // namespace operation

namespace nn {

/// A layer that applies `Function` to each element of a tensor of any shape.
template <class Derived, class Function>
class PointwiseLayer : public Layer<Derived> {
 public:
  using operation = tenon::operation::Pointwise<Function>;
  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x);
  }
};

namespace detail {
template <template <double...> class Function, class Options>
struct function_of;
template <template <double...> class Function, class Given, class... Numbers>
struct function_of<Function, tag::Options<Given, Numbers...>> {
  template <class Declaration, class Tag>
  static constexpr double value(tag::Option<Declaration, Tag>) {
    return tag::Option<Declaration, Tag>::type::value;
  }
  using type = Function<value<Numbers>(tag::Options<Given, Numbers...>{})...>;
};
}  // namespace detail

/// One whose `Function` has the numbers that are its options, in that order.
template <class Derived, template <double...> class Function, class Options>
class NumberedPointwiseLayer : public PointwiseLayer<Derived, typename detail::function_of<Function, Options>::type> {
 public:
  NumberedPointwiseLayer() { tag::check<Derived>(Options{}); }
  static Text extra_repr() { return repr(Options{}); }
};

/// `torch.nn.ReLU`: max(0, x), any shape (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::ReLU{}(Tensor<float, 2, 3>{});
class ReLU : public PointwiseLayer<ReLU, pointwise::Relu> {};
/// `torch.nn.ReLU6`: min(max(0, x), 6), (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::ReLU6{}(Tensor<float, 2, 3>{});
class ReLU6 : public PointwiseLayer<ReLU6, pointwise::Relu6> {};
/// `torch.nn.Sigmoid`: 1 / (1 + exp(-x)), (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::Sigmoid{}(Tensor<float, 2, 3>{});
class Sigmoid : public PointwiseLayer<Sigmoid, pointwise::Sigmoid> {};
/// `torch.nn.Tanh`: tanh(x), (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::Tanh{}(Tensor<float, 2, 3>{});
class Tanh : public PointwiseLayer<Tanh, pointwise::Tanh> {};
/// `torch.nn.LogSigmoid`: log(1 / (1 + exp(-x))), (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::LogSigmoid{}(Tensor<float, 2, 3>{});
class LogSigmoid : public PointwiseLayer<LogSigmoid, pointwise::LogSigmoid> {};
/// `torch.nn.Softsign`: x / (1 + |x|), (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::Softsign{}(Tensor<float, 2, 3>{});
class Softsign : public PointwiseLayer<Softsign, pointwise::Softsign> {};
/// `torch.nn.Tanhshrink`: x - tanh(x), (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::Tanhshrink{}(Tensor<float, 2, 3>{});
class Tanhshrink : public PointwiseLayer<Tanhshrink, pointwise::Tanhshrink> {};
/// `torch.nn.GELU`: x * Phi(x), with the exact distribution function Phi, (*) -> (*). Hendrycks and Gimpel, 2016.
///
///     Tensor<float, 2, 3> y = nn::GELU{}(Tensor<float, 2, 3>{});
class GELU : public PointwiseLayer<GELU, pointwise::Gelu> {};
/// `torch.nn.SiLU`: x * sigmoid(x), (*) -> (*). Elfwing, Uchibe and Doya, 2017.
///
///     Tensor<float, 2, 3> y = nn::SiLU{}(Tensor<float, 2, 3>{});
class SiLU : public PointwiseLayer<SiLU, pointwise::Silu> {};
/// `torch.nn.Mish`: x * tanh(softplus(x)), (*) -> (*). Misra, 2019.
///
///     Tensor<float, 2, 3> y = nn::Mish{}(Tensor<float, 2, 3>{});
class Mish : public PointwiseLayer<Mish, pointwise::Mish> {};
/// `torch.nn.Hardswish`: x * hardsigmoid(x), (*) -> (*). Howard and others, "Searching for MobileNetV3", 2019.
///
///     Tensor<float, 2, 3> y = nn::Hardswish{}(Tensor<float, 2, 3>{});
class Hardswish : public PointwiseLayer<Hardswish, pointwise::Hardswish> {};
/// `torch.nn.Hardsigmoid`: min(max(0, x + 3), 6) / 6, (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::Hardsigmoid{}(Tensor<float, 2, 3>{});
class Hardsigmoid : public PointwiseLayer<Hardsigmoid, pointwise::Hardsigmoid> {};

/// `torch.nn.ELU(alpha=1)`: x where it is positive, else alpha * (exp(x) - 1), (*) -> (*). Clevert, Unterthiner and
/// Hochreiter, 2015.
///
///     Tensor<float, 2, 3> y = nn::ELU<nn::alpha<0.5>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class ELU : public NumberedPointwiseLayer<ELU<Tags...>, pointwise::Elu,
                                          tag::Options<tag::Given<Tags...>, tag::Real<nn::alpha<1>>>> {};

/// `torch.nn.LeakyReLU(negative_slope=0.01)`: x where it is positive, else negative_slope * x, (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::LeakyReLU<nn::negative_slope<0.2>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class LeakyReLU
    : public NumberedPointwiseLayer<LeakyReLU<Tags...>, pointwise::LeakyRelu,
                                    tag::Options<tag::Given<Tags...>, tag::Real<nn::negative_slope<0.01>>>> {};

/// `torch.nn.Threshold(threshold, value)`: x where it is above the threshold, else value, (*) -> (*). Both tags are
/// required.
///
///     Tensor<float, 2, 3> y = nn::Threshold<nn::threshold<0.1>, nn::value<20>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class Threshold : public NumberedPointwiseLayer<
                      Threshold<Tags...>, pointwise::Threshold,
                      tag::Options<tag::Given<Tags...>, tag::Real<nn::threshold<>>, tag::Real<nn::value<>>>> {};

namespace detail {
template <class... Tags>
using HardtanhOptions = tag::Options<tag::Given<Tags...>, tag::Real<nn::min_value<-1>>, tag::Real<nn::max_value<1>>>;
}  // namespace detail

/// `torch.nn.Hardtanh(min_value=-1, max_value=1)`: min(max(min_value, x), max_value), (*) -> (*). A min_value that is
/// not below max_value is a compile error.
///
///     Tensor<float, 2, 3> y = nn::Hardtanh<nn::min_value<0>, nn::max_value<6>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class Hardtanh
    : public NumberedPointwiseLayer<Hardtanh<Tags...>, pointwise::Hardtanh, detail::HardtanhOptions<Tags...>> {
  using options = detail::HardtanhOptions<Tags...>;

 public:
  Hardtanh() {
    constexpr bool in_order = tag::value<options, nn::min_value> < tag::value<options, nn::max_value>;
    tag::require<Hardtanh, options, nn::max_value, in_order>();
  }
};

/// `torch.nn.Softplus(beta=1, threshold=20)`: log(1 + exp(beta * x)) / beta, x where beta * x is above the threshold,
/// (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::Softplus<nn::beta<2>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class Softplus
    : public NumberedPointwiseLayer<
          Softplus<Tags...>, pointwise::Softplus,
          tag::Options<tag::Given<Tags...>, tag::Real<nn::beta<1>, tag::NotZero>, tag::Real<nn::threshold<20>>>> {};

/// `torch.nn.Softshrink(lambd=0.5)`: x moved towards 0 by lambd, 0 where it is nearer than that, (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::Softshrink<nn::lambd<0.1>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class Softshrink
    : public NumberedPointwiseLayer<
          Softshrink<Tags...>, pointwise::Softshrink,
          tag::Options<tag::Given<Tags...>, tag::WithoutName<tag::Real<nn::lambd<0.5>, tag::NotNegative>>>> {};

/// `torch.nn.PReLU(num_parameters=1, init=0.25)`: x where it is positive, else weight * x.
///
/// `weight` (num_parameters) is one number, or one for each channel of (N, C, ...). Another number of channels is a
/// compile error. He and others, "Delving deep into rectifiers", 2015.
///
///     nn::PReLU<nn::num_parameters<16>> prelu;
///     Tensor<float, 20, 16, 5, 5> y = prelu(Tensor<float, 20, 16, 5, 5>{});
///     assert(prelu.weight.data()(15) == 0.25f);
template <class... Tags>
class PReLU : public Layer<PReLU<Tags...>> {
  using options = tag::Options<tag::Given<Tags...>, tag::Integer<nn::num_parameters<1>, tag::Positive>,
                               tag::Unprinted<tag::Real<nn::init<0.25>>>>;
  static constexpr index_t parameters = tag::value<options, nn::num_parameters>;
  using weight_type = Parameter<typename tag::parameters_of<Tags...>::template tensor<parameters>>;

 public:
  using operation = tenon::operation::PReLU<parameters>;
  template <class Conversion>
  using rebind = convert_dtype_t<nn::PReLU, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(PReLU, (weight_type, weight));

  PReLU() {
    tag::check<PReLU>(options{});
    reset_parameters();
  }
  void reset_parameters() {
    weight.overwrite().fill(static_cast<tag::element_t<Tags...>>(tag::value<options, nn::init>));
  }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x, weight);
  }
  static Text extra_repr() { return repr(options{}); }
};

/// The activations as functions, with the tags of the layers: `elu<alpha<0.5>>(x)`.
namespace functional {

template <class X>
auto relu(const X& x) {
  return apply(ReLU::operation{}, x);
}
template <class X>
auto relu6(const X& x) {
  return apply(ReLU6::operation{}, x);
}
template <class X>
auto sigmoid(const X& x) {
  return apply(Sigmoid::operation{}, x);
}
template <class X>
auto tanh(const X& x) {
  return apply(Tanh::operation{}, x);
}
template <class X>
auto logsigmoid(const X& x) {
  return apply(LogSigmoid::operation{}, x);
}
template <class X>
auto softsign(const X& x) {
  return apply(Softsign::operation{}, x);
}
template <class X>
auto tanhshrink(const X& x) {
  return apply(Tanhshrink::operation{}, x);
}
template <class X>
auto gelu(const X& x) {
  return apply(GELU::operation{}, x);
}
template <class X>
auto silu(const X& x) {
  return apply(SiLU::operation{}, x);
}
template <class X>
auto mish(const X& x) {
  return apply(Mish::operation{}, x);
}
template <class X>
auto hardswish(const X& x) {
  return apply(Hardswish::operation{}, x);
}
template <class X>
auto hardsigmoid(const X& x) {
  return apply(Hardsigmoid::operation{}, x);
}
template <class... Tags, class X>
auto elu(const X& x) {
  return ELU<Tags...>().forward(x);
}
template <class... Tags, class X>
auto leaky_relu(const X& x) {
  return LeakyReLU<Tags...>().forward(x);
}
template <class... Tags, class X>
auto threshold(const X& x) {
  return Threshold<Tags...>().forward(x);
}
template <class... Tags, class X>
auto hardtanh(const X& x) {
  return Hardtanh<Tags...>().forward(x);
}
template <class... Tags, class X>
auto softplus(const X& x) {
  return Softplus<Tags...>().forward(x);
}
template <class... Tags, class X>
auto softshrink(const X& x) {
  return Softshrink<Tags...>().forward(x);
}
/// `weight`: one number, or one for each channel; a Tensor, Parameter or Variable.
template <class X, class Weight>
auto prelu(const X& x, const Weight& weight) {
  return apply(tenon::operation::PReLU<shape_of_t<autograd::argument_t<Weight>>::size>{}, x, weight);
}

}  // namespace functional
}  // namespace nn
}  // namespace tenon::inline TENON_ISA
