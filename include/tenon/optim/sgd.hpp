/// \file
/// Stochastic gradient descent.
#pragma once

#include "../core/pointwise.hpp"
#include "optimizer.hpp"

#if defined(__CUDACC__)
// As in core/pointwise.hpp.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014
#endif

namespace tenon::inline TENON_ISA::optim {

/// The options of SGD.
struct SGDOptions {
  double lr = 0.01;
  double momentum = 0;
  double weight_decay = 0;
};

/// The step of SGD.
struct SGDRule {
  using Options = SGDOptions;
  static constexpr index_t histories = 1;

  /// The step of an element without momentum.
  template <class Number>
  struct Descent {
    Number lr, weight_decay;
    template <class T>
    TENON_HOST_DEVICE void operator()(T& value, const T& grad) const {
      value = value - T(lr) * (T(weight_decay) * value + grad);
    }
  };
  /// The step of an element with momentum.
  template <class Number>
  struct MomentumDescent {
    Number lr, momentum, weight_decay;
    template <class T>
    TENON_HOST_DEVICE void operator()(T& value, T& velocity, const T& grad) const {
      velocity = T(momentum) * velocity + (T(weight_decay) * value + grad);
      value = value - T(lr) * velocity;
    }
  };

  Options options;

  /// Makes a step of a parameter at `Place`: `value`, `grad` and `velocity` (size).
  template <class Place, class T>
  void update(index_t size, T* value, const T* grad, T* velocity, std::int64_t) const {
    const T lr = static_cast<T>(options.lr), decay = static_cast<T>(options.weight_decay);
    if (pointwise::equal(options.momentum, 0.0))
      Place::for_each(size, Descent<T>{lr, decay}, value, grad);
    else
      Place::for_each(size, MomentumDescent<T>{lr, static_cast<T>(options.momentum), decay}, value, velocity, grad);
  }
};

/// `torch.optim.SGD`: velocity = momentum * velocity + grad + weight_decay * value; value -= lr * velocity.
///
/// Defaults: lr 0.01, momentum 0, weight_decay 0. A model without parameters is a tenon::Error.
///
///     nn::Linear<4, 2> model;
///     tenon::optim::SGD optimizer{model, {.lr = 0.1, .momentum = 0.9}};
///     nn::MSELoss<>{}(model(nn::Variable{Tensor<float, 8, 4>{}}), Tensor<float, 8, 2>{}).backward();
///     optimizer.step();
class SGD : public Optimizer<SGDRule> {
 public:
  using Optimizer::Optimizer;
};

}  // namespace tenon::inline TENON_ISA::optim

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
