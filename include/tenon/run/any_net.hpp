/// \file
/// `AnyNet<Input, Output>`: a net whose model is chosen at run time.
#pragma once

#include <cassert>
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "../plan/net.hpp"

namespace tenon::inline TENON_ISA {

/// The inputs of an AnyNet or a NetSlot, where there are several: `AnyNet<Inputs<A, B>, Output>`.
template <class... X>
using Inputs = plan::Types<X...>;

namespace detail {

/// The types of the inputs that an AnyNet's first argument stands for.
template <class Input>
struct InputsOf {
  using type = Inputs<Input>;
};
template <class... X>
struct InputsOf<Inputs<X...>> {
  using type = Inputs<X...>;
};

/// Returns whether an `Object` is called like a net on these types.
template <class Object, class Result, class... X, class... Y>
constexpr bool is_called(Inputs<X...>, plan::Types<Y...>) {
  return requires(Object& object, const X&... x, Y&... y) {
    { object(x...) } -> std::same_as<const Result&>;
    object(x..., y...);
  };
}
/// Returns whether an `Object` steps like a stream on these types.
template <class Object, class Result, class... X, class... Y>
constexpr bool steps(Inputs<X...>, plan::Types<Y...>) {
  return requires(Object& object, const X&... x, Y&... y) {
    { object.step(x...) } -> std::same_as<const Result&>;
    object.step(x..., y...);
    object.reset();
  };
}

/// What an AnyNet holds, of any type.
template <class Result, class InputTypes, class OutputTypes>
class HeldNet;
template <class Result, class... X, class... Y>
class HeldNet<Result, Inputs<X...>, plan::Types<Y...>> {
 public:
  HeldNet() = default;
  HeldNet(const HeldNet&) = delete;
  HeldNet& operator=(const HeldNet&) = delete;
  virtual ~HeldNet() = default;
  virtual const Result& run(const X&... x) noexcept = 0;
  virtual void run_into(const X&... x, Y&... y) noexcept = 0;
  virtual void reset() noexcept = 0;
};

template <class Object, class Result, class InputTypes, class OutputTypes>
class HeldNetOf;
template <class Object, class Result, class... X, class... Y>
class HeldNetOf<Object, Result, Inputs<X...>, plan::Types<Y...>> final
    : public HeldNet<Result, Inputs<X...>, plan::Types<Y...>> {
  static constexpr bool is_stream = steps<Object, Result>(Inputs<X...>{}, plan::Types<Y...>{});

 public:
  explicit HeldNetOf(Object object) : object_(std::move(object)) {}
  const Result& run(const X&... x) noexcept override {
    if constexpr (is_stream)
      return object_.step(x...);
    else
      return object_(x...);
  }
  void run_into(const X&... x, Y&... y) noexcept override {
    if constexpr (is_stream)
      object_.step(x..., y...);
    else
      object_(x..., y...);
  }
  void reset() noexcept override {
    if constexpr (requires { object_.reset(); }) object_.reset();
  }

 private:
  Object object_;
};

}  // namespace detail

template <class Input, class Output, class InputTypes = typename detail::InputsOf<Input>::type,
          class OutputTypes = typename plan::OutputsOf<Output>::type>
class AnyNet;

/// A net or a stream of any model, with these types of inputs and of the result: for a program that learns from a file
/// which model it runs. Several inputs are `Inputs<A, B>`, several results a `std::tuple<Y, Z>`.
///
/// It takes over or copies what it is made of, and allocates then, never in a call. Any object will do that has what a
/// net has, `object(x)` and `object(x, y)`, or what a stream has, `object.step(x)`, `object.step(x, y)` and
/// `object.reset()`; what it throws ends the program.
///
/// It is moved and not copied. The held object keeps its place in memory, and so does its last result. A
/// default-constructed AnyNet and one that was moved from are empty: these may be tested, assigned to and destroyed,
/// and nothing else.
///
///     using Any = tenon::AnyNet<Tensor<float, 1, 12>, Tensor<float, 1, 4>>;
///     const bool large = true;
///     Any any = large ? Any{tenon::compile<Tensor<float, 1, 12>>(
///                           nn::Sequential<nn::Linear<12, 64>, nn::ReLU, nn::Linear<64, 4>>{})}
///                     : Any{tenon::compile<Tensor<float, 1, 12>>(nn::Linear<12, 4>{})};
///     const Tensor<float, 1, 4>& y = any(Tensor<float, 1, 12>{});  // lives in the net, until its next call
template <class Input, class Output, class... X, class... Y>
class AnyNet<Input, Output, Inputs<X...>, plan::Types<Y...>> {
  using Held = detail::HeldNet<Output, Inputs<X...>, plan::Types<Y...>>;
  template <class... Arguments>
  static constexpr bool is_call = plan::is_net_call<Inputs<X...>, plan::Types<Y...>, plan::Types<Arguments...>>;

 public:
  AnyNet() noexcept = default;
  /// Takes over `net`, or copies it if it has a name.
  template <class Net>
    requires(!std::is_same_v<std::remove_cvref_t<Net>, AnyNet>)
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload): the constraint leaves copies and moves alone
  explicit AnyNet(Net&& net) : held_(hold(std::forward<Net>(net))) {}

  /// Returns whether there is a net.
  explicit operator bool() const noexcept { return held_ != nullptr; }

  /// Returns the result, which lives in the net until its next call. On a stream, steps.
  const Output& operator()(const X&... x) noexcept {
    assert(held_);
    return held_->run(x...);
  }
  /// Writes the results into `y...`. On a stream, steps.
  void operator()(const X&... x, Y&... y) noexcept {
    assert(held_);
    held_->run_into(x..., y...);
  }
  /// Rejects arguments of other types as a net does, with one compile error.
  template <class... Arguments>
    requires(!is_call<Arguments...>)
  auto operator()(Arguments&&...) {
    return plan::reject_net_call(Inputs<X...>{}, plan::Types<Y...>{}, plan::Types<Arguments...>{});
  }

  /// Makes a stream begin anew. Does nothing on a net, unless it has operations of one's own that remember its calls.
  void reset() noexcept {
    assert(held_);
    held_->reset();
  }

 private:
  template <class Net>
  static std::unique_ptr<Held> hold(Net&& net) {
    using Object = std::remove_cvref_t<Net>;
    if constexpr (requires { typename Object::InputTypes; }) {
      if constexpr (std::is_same_v<typename Object::InputTypes, Inputs<X...>> &&
                    std::is_same_v<typename Object::Output, Output>)
        return std::make_unique<Of<Object>>(std::forward<Net>(net));
      else
        TENON_REJECT("AnyNet is made of a net of its own inputs and result; wanted and found", Inputs<X...>, Output,
                     typename Object::InputTypes, typename Object::Output);
    } else if constexpr (detail::steps<Object, Output>(Inputs<X...>{}, plan::Types<Y...>{}) ||
                         detail::is_called<Object, Output>(Inputs<X...>{}, plan::Types<Y...>{})) {
      return std::make_unique<Of<Object>>(std::forward<Net>(net));
    } else {
      TENON_REJECT(
          "AnyNet is made of a net, net(x) and net(x, y), or of a stream, stream.step(x), stream.step(x, y) and "
          "stream.reset(), of its own inputs and result; wanted and found",
          Inputs<X...>, Output, Object);
    }
    return nullptr;
  }
  template <class Object>
  using Of = detail::HeldNetOf<Object, Output, Inputs<X...>, plan::Types<Y...>>;

  std::unique_ptr<Held> held_;
};

}  // namespace tenon::inline TENON_ISA
