/// \file
/// `Shared`: one instance of a layer in several places of a model.
#pragma once

#include <memory>

#include "module.hpp"

namespace tenon::inline TENON_ISA::nn {

/// A reference to one instance of the layer `A`: the copies of a `Shared` are the same layer, wherever they stand.
///
///     nn::Shared<nn::Linear<64, 64>> tied;
///     nn::Sequential model{tied, nn::ReLU{}, tied};   // one weight, with the keys 0.weight and 2.weight
///
/// Gradients of all places add up, and an optimiser moves the layer once. A copy of a `Sequential`, `Concat` or
/// `Residual`, and what `to<T>()`, `cuda(id)` and `cpu()` make of any module, have instances of their own, shared as in
/// the original. A copy of a user's module copies its members one by one: those that are `Shared` themselves still
/// refer to the original's instance. A `Shared` made without an argument has an instance of its own.
///
/// `tied = nn::Shared{layer}` refers to another instance from then on; where this is the only place of the one before,
/// the layer is written into that, so that an optimiser goes on with it. Assigning a whole model to one whose Shared
/// layer is being trained throws tenon::Error if the layer would become several: the optimiser knows of one.
template <class A>
class Shared : public Layer<Shared<A>> {
 public:
  template <class Conversion>
  using rebind = Shared<rebound_or_same_t<A, Conversion>>;

  Shared() : instance_(std::make_shared<A>()) {}
  explicit Shared(A layer) : instance_(std::make_shared<A>(std::move(layer))) {}
  Shared(const Shared& other) : Layer<Shared>(other) {
    detail::CopyScope* const scope = detail::CopyScope::current();
    instance_ = scope ? scope->copy(other.instance_) : other.instance_;
  }
  Shared(Shared&&) noexcept = default;
  Shared& operator=(const Shared& other) {
    detail::CopyScope* const scope = detail::CopyScope::current();
    instance_ = scope && instance_ ? scope->assign(other.instance_, instance_) : other.instance_;
    return *this;
  }
  Shared& operator=(Shared&& other) {
    if (this == &other) return *this;
    if (instance_.use_count() == 1 && other.instance_.use_count() == 1)
      *instance_ = std::move(*other.instance_);
    else
      instance_ = std::move(other.instance_);
    return *this;
  }

  A& operator*() noexcept { return *instance_; }
  const A& operator*() const noexcept { return *instance_; }
  A* operator->() noexcept { return instance_.get(); }
  const A* operator->() const noexcept { return instance_.get(); }

  /// The instance, for those who compare or share it.
  const std::shared_ptr<A>& instance() const noexcept { return instance_; }
  void share(std::shared_ptr<A> instance) noexcept { instance_ = std::move(instance); }

  template <class S>
  static constexpr auto output_shape(S) {
    return layer_output_t<A, S>{};
  }
  template <class... X>
  auto forward(const X&... x) {
    return (*instance_)(x...);
  }
  template <class... X>
  auto forward(const X&... x) const {
    return std::as_const(*instance_)(x...);
  }

  // The mode and the members are the instance's.
  Shared& train(bool mode = true) {
    instance_->train(mode);
    return *this;
  }
  Shared& eval() { return train(false); }
  bool is_training() const noexcept { return instance_->is_training(); }
  void set_training(bool mode) noexcept { instance_->set_training(mode); }

  template <class F>
  constexpr void for_each_own_member(F&& f) {
    for_each_member(*instance_, f);
  }
  template <class F>
  constexpr void for_each_own_member(F&& f) const {
    for_each_member(std::as_const(*instance_), f);
  }
  auto own_members() { return detail::members_of(*instance_); }

 private:
  std::shared_ptr<A> instance_;
};

}  // namespace tenon::inline TENON_ISA::nn
