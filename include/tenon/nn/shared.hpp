/// \file
/// `Shared`: one instance of a layer in several places of a model.
#pragma once

#include <memory>

#include "wrapper.hpp"

namespace tenon::inline TENON_ISA::nn {

/// A reference to one instance of the layer `A`: the copies of a `Shared` are the same layer, wherever they stand.
///
///     nn::Shared<nn::Linear<64, 64>> tied;
///     nn::Sequential model{tied, nn::ReLU{}, tied};   // one weight, with the keys 0.weight and 2.weight
///
/// Gradients of all places add up, and an optimiser moves the layer once. A copy of a module, and what `to<T>()`,
/// `cuda(id)` and `cpu()` make of it, has instances of its own, shared as in the original. A `Shared` made without an
/// argument has an instance of its own.
///
/// `tied = nn::Shared{layer}` refers to another instance from then on, as `tied = other` does; where this is the only
/// place of both, the layer is written into the one before, so that an optimiser goes on with it. Where an optimiser
/// has to do with the one before, and no module any more, its next step is a tenon::Error. Assigning a whole model to
/// one whose Shared layer is being trained throws tenon::Error if the layer would become several: the optimiser knows
/// of one.
template <class A>
class Shared : public Wrapper<Shared<A>, A> {
 public:
  template <class Conversion>
  using rebind = Shared<rebound_or_same_t<A, Conversion>>;

  Shared() : instance_(std::make_shared<A>()) {}
  explicit Shared(A layer) : instance_(std::make_shared<A>(std::move(layer))) {}
  /// The same layer; as part of a module that is copied, the copy's.
  Shared(const Shared& other)
      : Wrapper<Shared, A>(), instance_(detail::copies_of_modules().instance(this, &other, other.instance_)) {}
  Shared(Shared&&) noexcept = default;
  Shared& operator=(const Shared& other) {
    if (!detail::copies_of_modules().is_assigned(this, &other)) replace(other.instance_);
    return *this;
  }
  Shared& operator=(Shared&& other) {
    if (this == &other) return *this;
    if (instance_.use_count() == 1 && other.instance_.use_count() == 1)
      *instance_ = std::move(*other.instance_);
    else
      replace(std::move(other.instance_));
    return *this;
  }

  A& wrapped() noexcept { return *instance_; }
  const A& wrapped() const noexcept { return *instance_; }

  /// The instance, for those who compare or share it.
  const std::shared_ptr<A>& instance() const noexcept { return instance_; }
  void share(std::shared_ptr<A> instance) noexcept { instance_ = std::move(instance); }

  // The hooks and the members are the instance's, as the mode is.
  template <class Hook>
  RemovableHandle register_forward_hook(Hook hook) {
    return instance_->register_forward_hook(std::move(hook));
  }
  template <class Hook>
  RemovableHandle register_backward_hook(Hook hook) {
    return instance_->register_backward_hook(std::move(hook));
  }
  bool has_hooks() const noexcept { return instance_->has_hooks(); }

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
  void replace(std::shared_ptr<A> instance) {
    if (instance_ != instance && instance_.use_count() == 1) detail::replaced(*instance_);
    instance_ = std::move(instance);
  }

  std::shared_ptr<A> instance_;
};

}  // namespace tenon::inline TENON_ISA::nn
