/// \file
/// What containers of one layer share that are, in what they compute, that layer.
#pragma once

#include "compose.hpp"

namespace tenon::inline TENON_ISA::nn {

/// Base of a container whose `wrapped()` is a layer of type `A`: a call is the layer's, and `*container` is the layer.
template <class Derived, class A>
class Wrapper : public Container<Derived> {
 public:
  A& operator*() noexcept { return this->self().wrapped(); }
  const A& operator*() const noexcept { return this->self().wrapped(); }
  A* operator->() noexcept { return &this->self().wrapped(); }
  const A* operator->() const noexcept { return &this->self().wrapped(); }

  using children_types = Children<A>;
  static constexpr bool numbers_children = false;
  template <std::size_t I>
  A& child() noexcept {
    return **this;
  }
  template <std::size_t I>
  const A& child() const noexcept {
    return **this;
  }
  template <class Compose, class X>
  static constexpr auto compose(const Compose& compose, const X& x) {
    return compose.template child<0>(x);
  }
  /// The layer's call.
  template <class... X>
  auto forward(const X&... x) {
    return call(**this, x...);
  }
  template <class... X>
  auto forward(const X&... x) const {
    return call(**this, x...);
  }

  // The mode is the layer's.
  Derived& train(bool mode = true) {
    (**this).train(mode);
    return this->self();
  }
  Derived& eval() { return this->self().train(false); }
  bool is_training() const noexcept { return (**this).is_training(); }
  void set_training(bool mode) noexcept { (**this).set_training(mode); }

 private:
  template <class Layer, class... X>
  static auto call(Layer& layer, const X&... x) {
    if constexpr (sizeof...(X) == 1)
      return detail::call_child(layer, x...);
    else
      return layer(x...);
  }
};

}  // namespace tenon::inline TENON_ISA::nn
