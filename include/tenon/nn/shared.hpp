/// \file
/// `Shared`: one instance of a layer in several places of a model.
#pragma once

#include <memory>
#include <vector>

#include "module.hpp"

namespace tenon::inline TENON_ISA::nn {

namespace detail {

/// While a container is copied or assigned: the instances its Shared layers have met, so that the copy shares what the
/// original shares. The outermost container's scope is the one that counts.
class CopyScope {
 public:
  CopyScope() {
    if (!current()) current() = this;
  }
  CopyScope(const CopyScope&) = delete;
  CopyScope& operator=(const CopyScope&) = delete;
  ~CopyScope() {
    if (current() == this) current() = nullptr;
  }

  static CopyScope*& current() noexcept {
    static TENON_THREAD_LOCAL CopyScope* scope = nullptr;
    return scope;
  }

  /// The copy of `from`, made at its first mention.
  template <class A>
  std::shared_ptr<A> copy(const std::shared_ptr<A>& from) {
    if (auto known = find<A>(from.get())) return known;
    return remember(from, std::make_shared<A>(*from));
  }
  /// The same, but the first mention of `from` is written into `to`, if nothing else was.
  template <class A>
  std::shared_ptr<A> assign(const std::shared_ptr<A>& from, const std::shared_ptr<A>& to) {
    if (auto known = find<A>(from.get())) return known;
    for (const auto& [original, instance] : instances_)
      if (instance == to) return copy(from);
    *to = *from;
    return remember(from, to);
  }

 private:
  template <class A>
  std::shared_ptr<A> find(const void* from) const {
    for (const auto& [original, instance] : instances_)
      if (original == from) return std::static_pointer_cast<A>(instance);
    return nullptr;
  }
  template <class A>
  const std::shared_ptr<A>& remember(const std::shared_ptr<A>& from, const std::shared_ptr<A>& to) {
    instances_.emplace_back(from.get(), to);
    return to;
  }

  std::vector<std::pair<const void*, std::shared_ptr<void>>> instances_;
};

}  // namespace detail

/// A reference to one instance of the layer `A`: the copies of a `Shared` are the same layer, wherever they stand.
///
///     nn::Shared<nn::Linear<64, 64>> tied;
///     nn::Sequential model{tied, nn::ReLU{}, tied};   // one weight, with the keys 0.weight and 2.weight
///
/// Gradients of all places add up, and an optimiser moves the layer once. A copy of a `Sequential`, `Concat` or
/// `Residual`, and what `to<T>()`, `cuda(id)` and `cpu()` make of any module, have instances of their own, shared as in
/// the original. A copy of a user's module copies its members one by one: those that are `Shared` themselves still
/// refer to the original's instance. A `Shared` made without an argument has an instance of its own.
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
  Shared& operator=(Shared&&) noexcept = default;

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
