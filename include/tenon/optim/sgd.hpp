/// \file
/// Stochastic gradient descent.
#pragma once

#include <array>

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
  /// What the velocity leaves out of each gradient after the first.
  double dampening = 0;
  double weight_decay = 0;
  /// Steps by the gradient and the velocity that follows it, after Nesterov.
  bool nesterov = false;
};

}  // namespace tenon::inline TENON_ISA::optim

BOOST_HANA_ADAPT_STRUCT(tenon::optim::SGDOptions, lr, momentum, dampening, weight_decay, nesterov);

namespace tenon::inline TENON_ISA::optim {

/// The step of SGD.
struct SGDRule {
  using Options = SGDOptions;
  static constexpr const char* name = "SGD";
  static constexpr std::array<const char*, 1> histories{"momentum_buffer"};
  static constexpr bool counts_steps = false;

  /// Throws tenon::Error for options that do not go together.
  static void check_options(const Options& options) {
    if (options.nesterov && (!(options.momentum > 0) || !pointwise::equal(options.dampening, 0.0)))
      raise("SGD: nesterov needs a momentum, and no dampening");
  }

  /// The step of an element without momentum.
  template <class Number>
  struct Descent {
    Number lr, weight_decay;
    template <class T>
    TENON_HOST_DEVICE void operator()(T& value, const T& grad) const {
      value = value - T(lr) * (T(weight_decay) * value + grad);
    }
  };
  /// The step of an element with momentum, or after Nesterov.
  template <class Number, bool Nesterov>
  struct MomentumDescent {
    Number lr, momentum, add, weight_decay;
    template <class T>
    TENON_HOST_DEVICE void operator()(T& value, T& velocity, const T& grad) const {
      velocity = T(momentum) * velocity + T(add) * decayed(value, grad);
      if constexpr (Nesterov)
        value = value - T(lr) * (decayed(value, grad) + T(momentum) * velocity);
      else
        value = value - T(lr) * velocity;
    }
    template <class T>
    TENON_HOST_DEVICE T decayed(const T& value, const T& grad) const {
      return T(weight_decay) * value + grad;
    }
  };

  Options options;

  /// Makes step number `steps`, from 1, of a parameter at `Place`: `value`, `grad` and the velocity (size).
  template <class Place, class T>
  void update(index_t size, T* value, const T* grad, const std::array<T*, 1>& history, double steps) const {
    const auto [velocity] = history;
    const T lr = static_cast<T>(options.lr), decay = static_cast<T>(options.weight_decay);
    const T momentum = static_cast<T>(options.momentum), add = steps > 1 ? static_cast<T>(1 - options.dampening) : T(1);
    if (pointwise::equal(options.momentum, 0.0))
      Place::for_each(size, Descent<T>{lr, decay}, value, grad);
    else if (options.nesterov)
      Place::for_each(size, MomentumDescent<T, true>{lr, momentum, add, decay}, value, velocity, grad);
    else
      Place::for_each(size, MomentumDescent<T, false>{lr, momentum, add, decay}, value, velocity, grad);
  }
};

/// `torch.optim.SGD`: g = grad + weight_decay * value; velocity = momentum * velocity + (1 - dampening) * g, at first
/// g; value -= lr * velocity, with nesterov lr * (g + momentum * velocity).
///
/// Defaults: lr 0.01, momentum 0, dampening 0, weight_decay 0, nesterov false. A model without parameters is a
/// tenon::Error, and so is nesterov without momentum or with dampening.
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
