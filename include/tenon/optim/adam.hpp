/// \file
/// Adam.
#pragma once

#include <array>
#include <cmath>

#include "../core/elementary.hpp"
#include "optimizer.hpp"

namespace tenon::inline TENON_ISA::optim {

struct AdamOptions {
  double lr = 1e-3;
  std::array<double, 2> betas{0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
};

/// Kingma and Ba, "Adam: a method for stochastic optimization", with the manual's bias correction.
struct AdamRule {
  using Options = AdamOptions;
  static constexpr std::size_t histories = 2;
  Options options;

  template <class T>
  void update(index_t size, T* value, const T* grad, T* history, std::int64_t steps) const {
    using V = cpu::micro::Vector<T>;
    T *const mean = history, *const square = history + size;
    const auto [beta1, beta2] = options.betas;
    const double correction1 = 1 - std::pow(beta1, static_cast<double>(steps));
    const double correction2 = 1 - std::pow(beta2, static_cast<double>(steps));
    const auto broadcast = [](double v) { return V(static_cast<T>(v)); };
    const V decay = broadcast(options.weight_decay), eps = broadcast(options.eps);
    const V keep1 = broadcast(beta1), add1 = broadcast(1 - beta1);
    const V keep2 = broadcast(beta2), add2 = broadcast(1 - beta2);
    const V step = broadcast(options.lr / correction1), root = broadcast(1 / std::sqrt(correction2));
    const auto decayed = [=](const V& g, const V& v) { return xsimd::fma(decay, v, g); };
    cpu::micro::map<T>(
        size, [=](const V& m, const V& g, const V& v) { return keep1 * m + add1 * decayed(g, v); }, mean,
        static_cast<const T*>(mean), grad, static_cast<const T*>(value));
    cpu::micro::map<T>(
        size,
        [=](const V& s, const V& g, const V& v) {
          const V d = decayed(g, v);
          return keep2 * s + add2 * d * d;
        },
        square, static_cast<const T*>(square), grad, static_cast<const T*>(value));
    cpu::micro::map<T>(
        size, [=](const V& v, const V& m, const V& s) { return v - step * m / (elementary::sqrt(s) * root + eps); },
        value, static_cast<const T*>(value), static_cast<const T*>(mean), static_cast<const T*>(square));
  }
};

/// `torch.optim.Adam`: `optim::Adam optimizer{model, {.lr = 1e-3}}; ... optimizer.step();`
class Adam : public Optimizer<AdamRule> {
 public:
  using Optimizer::Optimizer;
};

}  // namespace tenon::inline TENON_ISA::optim
