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
class ELU : public PointwiseLayer<ELU<Tags...>, pointwise::Elu<tag::real<nn::alpha, nn::alpha<1>, Tags...>>> {
 public:
  ELU() { tag::check_reals<ELU, tag::names<nn::alpha>, Tags...>(); }
  static Text extra_repr() { return "alpha=" + repr(tag::real<nn::alpha, nn::alpha<1>, Tags...>); }
};

/// `torch.nn.LeakyReLU(negative_slope=0.01)`: x where it is positive, else negative_slope * x, (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::LeakyReLU<nn::negative_slope<0.2>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class LeakyReLU
    : public PointwiseLayer<LeakyReLU<Tags...>,
                            pointwise::LeakyRelu<tag::real<nn::negative_slope, nn::negative_slope<0.01>, Tags...>>> {
 public:
  LeakyReLU() { tag::check_reals<LeakyReLU, tag::names<nn::negative_slope>, Tags...>(); }
  static Text extra_repr() {
    return "negative_slope=" + repr(tag::real<nn::negative_slope, nn::negative_slope<0.01>, Tags...>);
  }
};

/// `torch.nn.Threshold(threshold, value)`: x where it is above the threshold, else value, (*) -> (*). Both tags are
/// required.
///
///     Tensor<float, 2, 3> y = nn::Threshold<nn::threshold<0.1>, nn::value<20>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class Threshold
    : public PointwiseLayer<Threshold<Tags...>, pointwise::Threshold<tag::real<nn::threshold, nn::threshold<>, Tags...>,
                                                                     tag::real<nn::value, nn::value<>, Tags...>>> {
 public:
  Threshold() {
    tag::check_reals<Threshold, tag::names<nn::threshold, nn::value>, Tags...>();
    tag::require<Threshold, nn::threshold<>, tag::given<nn::threshold, Tags...>>();
    tag::require<Threshold, nn::value<>, !tag::given<nn::threshold, Tags...> || tag::given<nn::value, Tags...>>();
  }
  static Text extra_repr() {
    return "threshold=" + repr(tag::real<nn::threshold, nn::threshold<>, Tags...>) +
           ", value=" + repr(tag::real<nn::value, nn::value<>, Tags...>);
  }
};

/// `torch.nn.Hardtanh(min_value=-1, max_value=1)`: min(max(min_value, x), max_value), (*) -> (*). A min_value that is
/// not below max_value is a compile error.
///
///     Tensor<float, 2, 3> y = nn::Hardtanh<nn::min_value<0>, nn::max_value<6>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class Hardtanh : public PointwiseLayer<Hardtanh<Tags...>,
                                       pointwise::Hardtanh<tag::real<nn::min_value, nn::min_value<-1>, Tags...>,
                                                           tag::real<nn::max_value, nn::max_value<1>, Tags...>>> {
  static constexpr double least = tag::real<nn::min_value, nn::min_value<-1>, Tags...>;
  static constexpr double largest = tag::real<nn::max_value, nn::max_value<1>, Tags...>;

 public:
  Hardtanh() {
    tag::check_reals<Hardtanh, tag::names<nn::min_value, nn::max_value>, Tags...>();
    tag::require<Hardtanh, tag::find_t<nn::max_value, nn::max_value<1>, Tags...>, (least < largest)>();
  }
  static Text extra_repr() { return "min_val=" + repr(least) + ", max_val=" + repr(largest); }
};

/// `torch.nn.Softplus(beta=1, threshold=20)`: log(1 + exp(beta * x)) / beta, x where beta * x is above the threshold,
/// (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::Softplus<nn::beta<2>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class Softplus : public PointwiseLayer<Softplus<Tags...>,
                                       pointwise::Softplus<tag::real<nn::beta, nn::beta<1>, Tags...>,
                                                           tag::real<nn::threshold, nn::threshold<20>, Tags...>>> {
  static constexpr double beta = tag::real<nn::beta, nn::beta<1>, Tags...>;

 public:
  Softplus() {
    tag::check_reals<Softplus, tag::names<nn::beta, nn::threshold>, Tags...>();
    tag::require<Softplus, tag::find_t<nn::beta, nn::beta<1>, Tags...>, !pointwise::equal(beta, 0.0)>();
  }
  static Text extra_repr() {
    return "beta=" + repr(beta) + ", threshold=" + repr(tag::real<nn::threshold, nn::threshold<20>, Tags...>);
  }
};

/// `torch.nn.Softshrink(lambd=0.5)`: x moved towards 0 by lambd, 0 where it is nearer than that, (*) -> (*).
///
///     Tensor<float, 2, 3> y = nn::Softshrink<nn::lambd<0.1>>{}(Tensor<float, 2, 3>{});
template <class... Tags>
class Softshrink
    : public PointwiseLayer<Softshrink<Tags...>, pointwise::Softshrink<tag::real<nn::lambd, nn::lambd<0.5>, Tags...>>> {
  static constexpr double lambda = tag::real<nn::lambd, nn::lambd<0.5>, Tags...>;

 public:
  Softshrink() {
    tag::check_reals<Softshrink, tag::names<nn::lambd>, Tags...>();
    tag::require<Softshrink, tag::find_t<nn::lambd, nn::lambd<0.5>, Tags...>, (lambda >= 0)>();
  }
  static Text extra_repr() { return repr(lambda); }
};

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
  using count_tag = tag::find_t<nn::num_parameters, nn::num_parameters<1>, Tags...>;
  static constexpr auto parameters =
      static_cast<index_t>(tag::real<nn::num_parameters, nn::num_parameters<1>, Tags...>);
  static constexpr double start = tag::real<nn::init, nn::init<0.25>, Tags...>;
  using weight_type =
      Parameter<typename tag::parameters_of<Tags...>::template tensor<(parameters > 0 ? parameters : 1)>>;

 public:
  using operation = tenon::operation::PReLU<parameters>;
  template <class Conversion>
  using rebind = convert_dtype_t<nn::PReLU, Conversion, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(PReLU, (weight_type, weight));

  PReLU() {
    tag::check_reals<PReLU, tag::names<nn::num_parameters, nn::init>, Tags...>();
    tag::require<PReLU, count_tag, (parameters > 0)>();
    reset_parameters();
  }
  void reset_parameters() { weight.overwrite().fill(static_cast<tag::element_t<Tags...>>(start)); }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x, weight);
  }
  static Text extra_repr() { return "num_parameters=" + to_text(parameters); }
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
