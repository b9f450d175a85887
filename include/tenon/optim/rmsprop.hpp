/// \file
/// RMSprop.
#pragma once

#include <array>

#include "../core/elementary.hpp"
#include "../core/pointwise.hpp"
#include "optimizer.hpp"

#if defined(__CUDACC__)
// As in core/pointwise.hpp.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014
#endif

namespace tenon::inline TENON_ISA::optim {

/// The options of RMSprop.
struct RMSpropOptions {
  double lr = 0.01;
  /// How much of the moving averages a step keeps.
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  /// Divides by the deviation of the gradient instead of by the root of its square.
  bool centered = false;
};

}  // namespace tenon::inline TENON_ISA::optim

BOOST_HANA_ADAPT_STRUCT(tenon::optim::RMSpropOptions, lr, alpha, eps, weight_decay, momentum, centered);

namespace tenon::inline TENON_ISA::optim {

/// The step of RMSprop.
struct RMSpropRule {
  using Options = RMSpropOptions;
  static constexpr const char* name = "RMSprop";
  static constexpr std::array<const char*, 3> histories{"square_avg", "grad_avg", "momentum_buffer"};
  static constexpr bool counts_steps = true;

  /// The step of an element; `square` and `mean` are the moving averages of the square of its gradient and, if
  /// `centered` is 1 and not 0, of the gradient.
  template <class Number>
  struct Step {
    Number keep, add, weight_decay, lr, eps, momentum, centered;
    template <class T>
    TENON_HOST_DEVICE void operator()(T& value, T& square, T& mean, T& velocity, const T& grad) const {
      square = T(keep) * square + T(add) * pointwise::square(decayed(value, grad));
      mean = T(keep) * mean + T(add) * T(centered) * decayed(value, grad);
      velocity =
          T(momentum) * velocity + decayed(value, grad) / (elementary::sqrt(square - pointwise::square(mean)) + T(eps));
      value = value - T(lr) * velocity;
    }
    template <class T>
    TENON_HOST_DEVICE T decayed(const T& value, const T& grad) const {
      return T(weight_decay) * value + grad;
    }
  };

  Options options;

  /// Makes a step of a parameter at `Place`: `value` and `grad` (size), `history` (3; size) has squares, means and
  /// velocities.
  template <class Place, class T>
  void update(index_t size, T* value, const T* grad, const std::array<T*, 3>& history, double) const {
    const Step<T> step{.keep = static_cast<T>(options.alpha),
                       .add = static_cast<T>(1 - options.alpha),
                       .weight_decay = static_cast<T>(options.weight_decay),
                       .lr = static_cast<T>(options.lr),
                       .eps = static_cast<T>(options.eps),
                       .momentum = static_cast<T>(options.momentum),
                       .centered = options.centered ? T(1) : T(0)};
    Place::for_each(size, step, value, history[0], history[1], history[2], grad);
  }
};

/// `torch.optim.RMSprop`: a step by the gradient over the root of the moving average of its square.
///
/// Defaults: lr 0.01, alpha 0.99, eps 1e-8, weight_decay 0, momentum 0, centered false. A model without parameters is a
/// tenon::Error. Hinton, lecture 6e of "Neural networks for machine learning", 2012; centered, Graves, 2013.
///
///     nn::Linear<4, 2> model;
///     tenon::optim::RMSprop optimizer{model, {.lr = 1e-3, .momentum = 0.9}};
///     nn::MSELoss<>{}(model(nn::Variable{Tensor<float, 8, 4>{}}), Tensor<float, 8, 2>{}).backward();
///     optimizer.step();
class RMSprop : public Optimizer<RMSpropRule> {
 public:
  using Optimizer::Optimizer;
};

}  // namespace tenon::inline TENON_ISA::optim

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
