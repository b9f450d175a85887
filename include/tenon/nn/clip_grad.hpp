/// \file
/// Gradients kept within bounds: `nn::utils::clip_grad_norm`, `nn::utils::clip_grad_value`.
#pragma once

#include <cmath>
#include <limits>

#include "../core/arithmetic.hpp"
#include "module.hpp"

namespace tenon::inline TENON_ISA {

namespace pointwise {
/// min(max(x, -bound), bound); NaN stays NaN.
template <class T>
struct Clip {
  T bound;
  template <class V>
  TENON_HOST_DEVICE V operator()(const V& x) const {
    return at_most(V(bound), at_least(V(-bound), x));
  }
};
}  // namespace pointwise

namespace nn::utils {

/// The norm_type of `clip_grad_norm` for the largest absolute value.
inline constexpr double inf = std::numeric_limits<double>::infinity();

namespace detail {
/// Calls `f(parameter)` for each parameter of `source` that has a gradient, once if it is shared.
template <class Source, class F>
void for_each_with_gradient(Source& source, F&& f) {
  nn::detail::Met met;
  const auto visit = [&](auto& parameter) {
    if (!parameter.state()->had_grad() || !met.is_first(parameter.state())) return;
    const typename std::remove_cvref_t<decltype(parameter)>::tensor_type::place::scope beside(parameter.data());
    f(parameter);
  };
  if constexpr (is_module<std::remove_cvref_t<Source>>)
    for_each_parameter(source, [&](const std::string&, auto& parameter) { visit(parameter); });
  else
    boost::hana::for_each(source, [&](auto& reference) { visit(reference.get()); });
}
template <class TensorType, class Function>
void map_gradient(Parameter<TensorType>& parameter, const Function& function) {
  using Place = typename Parameter<TensorType>::tensor_type::place;
  auto* const grad = parameter.grad().data();
  Place::map(static_cast<index_t>(parameter.grad().size()), function, grad, std::as_const(grad));
}
}  // namespace detail

/// `torch.nn.utils.clip_grad_norm(parameters, max_norm, norm_type=2)`: scales all gradients of `source`, a module or
/// `m.parameters()`, by max_norm / (norm + 1e-6) where their norm is greater, and returns the norm they had. The norm
/// is that of all gradients as one vector: the norm_type-th root of the sum of their norm_type-th powers, or with
/// `nn::utils::inf` the largest absolute value.
///
///     nn::Linear<3, 2> model;
///     nn::MSELoss<>{}(model(nn::Variable{Tensor<float, 4, 3>{}}), Tensor<float, 4, 2>{}).backward();
///     const double norm = nn::utils::clip_grad_norm(model, 0.5);
template <class Source>
double clip_grad_norm(Source&& source, double max_norm, double norm_type = 2) {
  const bool largest = std::isinf(norm_type);
  double total = 0;
  detail::for_each_with_gradient(source, [&](auto& parameter) {
    const auto& grad = nn::detail::on_host(parameter.state()->set_elements());
    for (const auto element : grad) {
      const double value = std::abs(static_cast<double>(element));
      if (!largest)
        total += pointwise::equal(norm_type, 2.0) ? value * value : std::pow(value, norm_type);
      else if (!(value <= total))  // also where it is NaN
        total = value;
    }
  });
  const double norm = largest ? total : std::pow(total, 1 / norm_type);
  if (const double scale = max_norm / (norm + 1e-6); scale < 1)
    detail::for_each_with_gradient(source, [&](auto& parameter) {
      using T = typename std::remove_cvref_t<decltype(parameter)>::tensor_type::value_type;
      detail::map_gradient(parameter, pointwise::Affine<T>{static_cast<T>(scale), T(0)});
    });
  return norm;
}

/// `torch.nn.utils.clip_grad_value_(parameters, clip_value)`: brings each element of the gradients of `source` into
/// [-clip_value, clip_value].
///
///     nn::Linear<3, 2> model;
///     nn::utils::clip_grad_value(model, 0.1);
template <class Source>
void clip_grad_value(Source&& source, double clip_value) {
  detail::for_each_with_gradient(source, [&](auto& parameter) {
    using T = typename std::remove_cvref_t<decltype(parameter)>::tensor_type::value_type;
    detail::map_gradient(parameter, pointwise::Clip<T>{static_cast<T>(clip_value)});
  });
}

}  // namespace nn::utils
}  // namespace tenon::inline TENON_ISA
