/// \file
/// Adam and AdamW.
#pragma once

#include <array>
#include <cmath>

#include "../core/elementary.hpp"
#include "optimizer.hpp"

#if defined(__CUDACC__)
// As in core/pointwise.hpp.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014
#endif

namespace tenon::inline TENON_ISA::optim {

/// The options of Adam.
struct AdamOptions {
  double lr = 1e-3;
  std::array<double, 2> betas{0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
};

/// The options of AdamW.
struct AdamWOptions {
  double lr = 1e-3;
  std::array<double, 2> betas{0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 1e-2;
};

}  // namespace tenon::inline TENON_ISA::optim

BOOST_HANA_ADAPT_STRUCT(tenon::optim::AdamOptions, lr, betas, eps, weight_decay);
BOOST_HANA_ADAPT_STRUCT(tenon::optim::AdamWOptions, lr, betas, eps, weight_decay);

namespace tenon::inline TENON_ISA::optim {

/// The step of Adam and AdamW, with the manual's bias correction.
struct AdamMoments {
  static constexpr std::array<const char*, 2> histories{"exp_avg", "exp_avg_sq"};
  static constexpr bool counts_steps = true;

  /// The step of an element; `mean` and `square` are the moving averages of its gradient and of the gradient's square.
  template <class Number>
  struct Step {
    Number keep_mean, add_mean, keep_square, add_square, weight_decay;
    Number rate;  // lr, with the correction of the mean
    Number root;  // the correction of the root of the square
    Number eps;
    Number keep_value;
    template <class T>
    TENON_HOST_DEVICE void operator()(T& value, T& mean, T& square, const T& grad) const {
      mean = T(keep_mean) * mean + T(add_mean) * decayed(value, grad);
      square = T(keep_square) * square + T(add_square) * pointwise::square(decayed(value, grad));
      value = T(keep_value) * value - T(rate) * mean / (elementary::sqrt(square) * T(root) + T(eps));
    }
    template <class T>
    TENON_HOST_DEVICE T decayed(const T& value, const T& grad) const {
      return T(weight_decay) * value + grad;
    }
  };

  /// Makes step number `steps`, from 1, of a parameter at `Place`: `value`, `grad`, `mean` and `square` (size).
  /// `weight_decay` is that of the gradient; of the value `keep_value` times itself is kept.
  template <class Place, class T, class Options>
  static void update(const Options& options, double weight_decay, double keep_value, index_t size, T* value,
                     const T* grad, T* mean, T* square, double steps) {
    const auto [beta1, beta2] = options.betas;
    const double correction1 = 1 - std::pow(beta1, steps);
    const double correction2 = 1 - std::pow(beta2, steps);
    const Step<T> step{.keep_mean = static_cast<T>(beta1),
                       .add_mean = static_cast<T>(1 - beta1),
                       .keep_square = static_cast<T>(beta2),
                       .add_square = static_cast<T>(1 - beta2),
                       .weight_decay = static_cast<T>(weight_decay),
                       .rate = static_cast<T>(options.lr / correction1),
                       .root = static_cast<T>(1 / std::sqrt(correction2)),
                       .eps = static_cast<T>(options.eps),
                       .keep_value = static_cast<T>(keep_value)};
    Place::for_each(size, step, value, mean, square, grad);
  }
};

/// The rule of Adam, or where `Decoupled` of AdamW: whether weight decay takes from the value instead of adding to its
/// gradient.
template <class GivenOptions, bool Decoupled>
struct AdamRule : AdamMoments {
  using Options = GivenOptions;
  static constexpr const char* name = Decoupled ? "AdamW" : "Adam";
  explicit AdamRule(const Options& given) : options(given) {}
  Options options;
  template <class Place, class T>
  void update(index_t size, T* value, const T* grad, const std::array<T*, 2>& history, double steps) const {
    const double decay = options.weight_decay;
    AdamMoments::update<Place>(options, Decoupled ? 0 : decay, Decoupled ? 1 - options.lr * decay : 1, size, value,
                               grad, history[0], history[1], steps);
  }
};

/// `torch.optim.Adam`: a step by the moving averages of a gradient and of its square.
///
/// Defaults: lr 1e-3, betas 0.9 and 0.999, eps 1e-8, weight_decay 0. A model without parameters is a tenon::Error.
/// Kingma and Ba, "Adam: a method for stochastic optimization", 2014.
///
///     nn::Linear<4, 2> model;
///     tenon::optim::Adam optimizer{model, {.lr = 1e-2, .betas = {0.9, 0.99}}};
///     nn::MSELoss<>{}(model(nn::Variable{Tensor<float, 8, 4>{}}), Tensor<float, 8, 2>{}).backward();
///     optimizer.step();
class Adam : public Optimizer<AdamRule<AdamOptions, false>> {
 public:
  using Optimizer::Optimizer;
};

/// `torch.optim.AdamW`: Adam, whose weight decay takes lr * weight_decay of each value instead of adding to its
/// gradient.
///
/// Defaults: as Adam's, and weight_decay 1e-2. Loshchilov and Hutter, "Decoupled weight decay regularization", 2017.
///
///     nn::Linear<4, 2> model;
///     tenon::optim::AdamW optimizer{model, {.lr = 1e-2, .weight_decay = 0.1}};
///     nn::MSELoss<>{}(model(nn::Variable{Tensor<float, 8, 4>{}}), Tensor<float, 8, 2>{}).backward();
///     optimizer.step();
class AdamW : public Optimizer<AdamRule<AdamWOptions, true>> {
 public:
  using Optimizer::Optimizer;
};

}  // namespace tenon::inline TENON_ISA::optim

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
