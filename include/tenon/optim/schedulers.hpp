/// \file
/// Schedules of the learning rate, as in `torch.optim.lr_scheduler`.
///
///     nn::Linear<4, 2> model;
///     tenon::optim::SGD optimizer{model, {.lr = 0.1}};
///     tenon::optim::StepLR scheduler{optimizer, {.step_size = 30}};
///     for (int epoch = 0; epoch < 40; ++epoch) scheduler.step();  // behind the steps of the optimiser
///     assert(optimizer.options().lr < 0.011);
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "../core/allocator.hpp"
#include "../core/error.hpp"
#include "../core/text.hpp"
#include "entries.hpp"

namespace tenon::inline TENON_ISA::optim {

/// The base of the schedules that are functions of the number of steps. `Derived::rate(base, steps)` is the learning
/// rate after so many steps of one that was `base` when the schedule was made. Every group of the optimiser has its
/// own.
///
/// The optimiser is kept at its place while the schedule is used.
template <class Derived, class Optimizer>
class Schedule : public Saved<Schedule<Derived, Optimizer>> {
 public:
  /// Moves on, behind an epoch or a step of the optimiser, and sets the learning rate.
  void step() { set(++steps_); }
  /// The steps so far.
  std::int64_t steps() const noexcept { return steps_; }

  template <class Self, class F>
  static void for_each_entry(Self& self, const F& f) {
    f("last_epoch", self.steps_);
    for (std::size_t i = 0; i < self.bases_.size(); ++i) f("base_lrs." + to_text(i), self.bases_[i]);
  }

 protected:
  explicit Schedule(Optimizer& optimizer) : optimizer_(&optimizer) {
    for (const auto& group : optimizer.groups()) bases_.push_back(group.options().lr);
  }
  void set(std::int64_t steps) {
    for (std::size_t i = 0; i < bases_.size(); ++i)
      optimizer_->group(i).options().lr =
          static_cast<const Derived*>(this)->rate(bases_[i], static_cast<double>(steps));
  }
  Optimizer& optimizer() noexcept { return *optimizer_; }

 private:
  Optimizer* optimizer_;
  List<double> bases_;  // of each group
  std::int64_t steps_ = 0;
};

/// The options of StepLR.
struct StepLROptions {
  int step_size = 1;
  double gamma = 0.1;
};
/// `torch.optim.lr_scheduler.StepLR`: lr * gamma every `step_size` steps. Default: gamma 0.1.
template <class Optimizer>
class StepLR : public Schedule<StepLR<Optimizer>, Optimizer> {
 public:
  StepLR(Optimizer& optimizer, StepLROptions options) : StepLR::Schedule(optimizer), options_(options) {
    if (options.step_size < 1) raise("StepLR: step_size " + to_text(options.step_size) + ", wanted 1 or more");
  }
  double rate(double base, double steps) const {
    return base * std::pow(options_.gamma, std::floor(steps / options_.step_size));
  }

 private:
  StepLROptions options_;
};
template <class Optimizer>
StepLR(Optimizer&, StepLROptions) -> StepLR<Optimizer>;

/// The options of CosineAnnealingLR.
struct CosineAnnealingLROptions {
  int T_max = 1;
  double eta_min = 0;
};
/// `torch.optim.lr_scheduler.CosineAnnealingLR`: along a half cosine from lr to `eta_min` in `T_max` steps, and back in
/// as many. Default: eta_min 0. Loshchilov and Hutter, "SGDR", 2016.
template <class Optimizer>
class CosineAnnealingLR : public Schedule<CosineAnnealingLR<Optimizer>, Optimizer> {
 public:
  CosineAnnealingLR(Optimizer& optimizer, CosineAnnealingLROptions options)
      : CosineAnnealingLR::Schedule(optimizer), options_(options) {
    if (options.T_max < 1) raise("CosineAnnealingLR: T_max " + to_text(options.T_max) + ", wanted 1 or more");
  }
  double rate(double base, double steps) const {
    const double fraction = (1 + std::cos(std::numbers::pi * steps / options_.T_max)) / 2;
    return options_.eta_min + (base - options_.eta_min) * fraction;
  }

 private:
  CosineAnnealingLROptions options_;
};
template <class Optimizer>
CosineAnnealingLR(Optimizer&, CosineAnnealingLROptions) -> CosineAnnealingLR<Optimizer>;

/// The options of LinearLR.
struct LinearLROptions {
  double start_factor = 1.0 / 3;
  double end_factor = 1;
  int total_iters = 5;
};
/// `torch.optim.lr_scheduler.LinearLR`: from lr * start_factor, which is set at once, to lr * end_factor in
/// `total_iters` steps. Defaults: 1/3, 1 and 5.
template <class Optimizer>
class LinearLR : public Schedule<LinearLR<Optimizer>, Optimizer> {
 public:
  LinearLR(Optimizer& optimizer, LinearLROptions options) : LinearLR::Schedule(optimizer), options_(options) {
    if (options.total_iters < 1) raise("LinearLR: total_iters " + to_text(options.total_iters) + ", wanted 1 or more");
    this->set(0);
  }
  double rate(double base, double steps) const {
    const double progress = (std::min)(1.0, steps / options_.total_iters);
    return base * (options_.start_factor + (options_.end_factor - options_.start_factor) * progress);
  }

 private:
  LinearLROptions options_;
};
template <class Optimizer>
LinearLR(Optimizer&, LinearLROptions) -> LinearLR<Optimizer>;

/// How a OneCycleLR goes from one value to the next.
enum class Anneal { cos, linear };
/// The options of OneCycleLR.
struct OneCycleLROptions {
  double max_lr = 0.1;
  int total_steps = 1;
  double pct_start = 0.3;
  Anneal anneal_strategy = Anneal::cos;
  bool cycle_momentum = true;
  double base_momentum = 0.85, max_momentum = 0.95;
  double div_factor = 25, final_div_factor = 1e4;
};
/// `torch.optim.lr_scheduler.OneCycleLR`: from max_lr / div_factor, which is set at once, up to max_lr in the first
/// `pct_start` of `total_steps`, then down to that first rate / final_div_factor; with cycle_momentum the momentum of
/// the optimiser, or its first beta, goes down to `base_momentum` and up to `max_momentum`. A step beyond
/// `total_steps` is a tenon::Error. Defaults: PyTorch's. Smith and Topin, "Super-convergence", 2017.
template <class Optimizer>
class OneCycleLR : public Schedule<OneCycleLR<Optimizer>, Optimizer> {
 public:
  OneCycleLR(Optimizer& optimizer, OneCycleLROptions options) : OneCycleLR::Schedule(optimizer), options_(options) {
    if (options.total_steps < 1)
      raise("OneCycleLR: total_steps " + to_text(options.total_steps) + ", wanted 1 or more");
    if (!(options.pct_start >= 0 && options.pct_start <= 1)) raise("OneCycleLR: pct_start is not from 0 to 1");
    this->set(0);
    set_momentum(0);
  }
  void step() {
    if (this->steps() + 1 > options_.total_steps)
      raise("OneCycleLR: step " + to_text(this->steps() + 1) + " of " + to_text(options_.total_steps));
    OneCycleLR::Schedule::step();
    set_momentum(static_cast<double>(this->steps()));
  }
  double rate(double, double steps) const {
    const double first = options_.max_lr / options_.div_factor;
    return between(first, options_.max_lr, first / options_.final_div_factor, steps);
  }

 private:
  /// The value after `steps` of one that goes from `first` to `middle` and on to `last`.
  double between(double first, double middle, double last, double steps) const {
    const double end = options_.total_steps - 1, peak = options_.pct_start * options_.total_steps - 1;
    const auto anneal = [this](double from, double to, double part) {
      const double way = options_.anneal_strategy == Anneal::cos ? (1 - std::cos(std::numbers::pi * part)) / 2 : part;
      return from + (to - from) * way;
    };
    return steps <= peak ? anneal(first, middle, steps / peak) : anneal(middle, last, (steps - peak) / (end - peak));
  }
  void set_momentum(double steps) {
    if (!options_.cycle_momentum) return;
    const double momentum = between(options_.max_momentum, options_.base_momentum, options_.max_momentum, steps);
    for (auto& group : this->optimizer().groups()) {
      auto& options = group.options();
      if constexpr (requires { options.betas; })
        options.betas[0] = momentum;
      else
        options.momentum = momentum;
    }
  }

  OneCycleLROptions options_;
};
template <class Optimizer>
OneCycleLR(Optimizer&, OneCycleLROptions) -> OneCycleLR<Optimizer>;

/// The options of ReduceLROnPlateau.
struct ReduceLROnPlateauOptions {
  bool maximize = false;
  double factor = 0.1;
  int patience = 10;
  double threshold = 1e-4;
  /// Whether the threshold is a part of the best value, and not a difference.
  bool relative_threshold = true;
  int cooldown = 0;
  double min_lr = 0, eps = 1e-8;
};
/// `torch.optim.lr_scheduler.ReduceLROnPlateau`: `step(metric)` multiplies lr by `factor` when the metric has not
/// become better for more than `patience` steps, that of each group. Defaults: PyTorch's; `maximize` is its mode "max".
template <class Optimizer>
class ReduceLROnPlateau : public Saved<ReduceLROnPlateau<Optimizer>> {
 public:
  ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options)
      : optimizer_(&optimizer), options_(options), best_(options.maximize ? -infinity : infinity) {
    if (!(options.factor < 1)) raise("ReduceLROnPlateau: the factor is not less than 1");
  }

  void step(double metric) {
    if (is_better(metric)) {
      best_ = metric;
      bad_steps_ = 0;
    } else {
      ++bad_steps_;
    }
    if (cooling_ > 0) {
      --cooling_;
      bad_steps_ = 0;
    }
    if (bad_steps_ <= options_.patience) return;
    for (auto& group : optimizer_->groups()) {
      double& lr = group.options().lr;
      const double lower = (std::max)(lr * options_.factor, options_.min_lr);
      if (lr - lower > options_.eps) lr = lower;
    }
    cooling_ = options_.cooldown;
    bad_steps_ = 0;
  }

  template <class Self, class F>
  static void for_each_entry(Self& self, const F& f) {
    f("best", self.best_);
    f("num_bad_epochs", self.bad_steps_);
    f("cooldown_counter", self.cooling_);
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  bool is_better(double metric) const {
    const double sign = options_.maximize ? 1 : -1;
    const double least =
        options_.relative_threshold ? best_ * (1 + sign * options_.threshold) : best_ + sign * options_.threshold;
    return options_.maximize ? metric > least : metric < least;
  }

  Optimizer* optimizer_;
  ReduceLROnPlateauOptions options_;
  double best_;
  std::int64_t bad_steps_ = 0, cooling_ = 0;
};
template <class Optimizer>
ReduceLROnPlateau(Optimizer&, ReduceLROnPlateauOptions) -> ReduceLROnPlateau<Optimizer>;

}  // namespace tenon::inline TENON_ISA::optim
