/// \file
/// Stochastic gradient descent.
#pragma once

#include "../core/pointwise.hpp"
#include "optimizer.hpp"

namespace tenon::inline TENON_ISA::optim {

struct SGDOptions {
  double lr = 0.01;
  double momentum = 0;
  double weight_decay = 0;
};

/// velocity = momentum * velocity + grad + weight_decay * value; value -= lr * velocity (torch.optim.SGD).
struct SGDRule {
  using Options = SGDOptions;
  static constexpr std::size_t histories = 1;
  Options options;

  template <class T>
  void update(index_t size, T* value, const T* grad, T* velocity, std::int64_t) const {
    using V = cpu::micro::Vector<T>;
    const V lr(static_cast<T>(options.lr)), momentum(static_cast<T>(options.momentum)),
        decay(static_cast<T>(options.weight_decay));
    if (pointwise::equal(options.momentum, 0.0)) {
      cpu::micro::map<T>(
          size, [=](const V& v, const V& g) { return v - lr * xsimd::fma(decay, v, g); }, value,
          static_cast<const T*>(value), grad);
      return;
    }
    cpu::micro::map<T>(
        size, [=](const V& s, const V& v, const V& g) { return xsimd::fma(momentum, s, xsimd::fma(decay, v, g)); },
        velocity, static_cast<const T*>(velocity), static_cast<const T*>(value), grad);
    cpu::micro::map<T>(
        size, [=](const V& v, const V& s) { return v - lr * s; }, value, static_cast<const T*>(value),
        static_cast<const T*>(velocity));
  }
};

/// `torch.optim.SGD`: `optim::SGD optimizer{model, {.lr = 0.1, .momentum = 0.9}}; ... optimizer.step();`
class SGD : public Optimizer<SGDRule> {
 public:
  using Optimizer::Optimizer;
};

}  // namespace tenon::inline TENON_ISA::optim
