/// \file
/// `nn::Variable`: a tensor whose history is recorded, and `nn::Parameter`: one that a module owns.
#pragma once

#include <type_traits>

#include "../core/tags.hpp"
#include "state.hpp"

namespace tenon::inline TENON_ISA {

namespace detail {
/// Returns `x[i]` by an operation, where x is recorded, planned or on a device; nn/functional.hpp defines it. (A Tensor
/// of the host copies the element itself.)
template <class X, class Index>
auto element_of(const X& x, const Index& i);
}  // namespace detail

namespace nn {

/// The option of `Variable x{tensor, requires_grad}`, which makes backward passes compute the gradient of `x`.
inline constexpr struct requires_grad_t {
} requires_grad{};
/// The option of `Variable x{tensor, no_grad}`, with which nothing computed from `x` is recorded.
inline constexpr struct no_grad_t {
} no_grad{};

/// A handle to a tensor, its gradient and the record of how it was computed; copies share all three.
///
///     nn::Variable x{Tensor<float, 3>::from({1, 2, 3}), nn::requires_grad};
///     nn::MSELoss<>{}(x * x, Tensor<float, 3>{}).backward();
///     Tensor<float, 3> gradient = x.grad();
template <class TensorType>
class Variable {
 public:
  using tensor_type = TensorType;

  Variable(TensorType tensor) : state_(new autograd::State<TensorType>(std::move(tensor), false)) {}
  Variable(TensorType tensor, requires_grad_t) : state_(new autograd::State<TensorType>(std::move(tensor), true)) {}
  Variable(TensorType tensor, no_grad_t) : Variable(std::move(tensor)) { state_->make_volatile(); }
  explicit Variable(autograd::State<TensorType>* state) noexcept : state_(state) {}

  const TensorType& data() const noexcept { return state()->value(); }
  TensorType& data() noexcept { return state()->value(); }
  /// Returns the gradient, zeros before any backward pass. Gradients accumulate until `zero_grad()`.
  const TensorType& grad() const { return state()->grad(); }
  TensorType& grad() { return state()->grad(); }
  void zero_grad() { state()->zero_grad(); }
  bool requires_grad() const noexcept { return state_->requires_grad(); }
  /// Returns the value of a scalar.
  auto item() const
    requires(shape_of_t<TensorType>::size == 1)
  {
    return data().item();
  }

  /// Returns element `i` of the leading axis, counted from its end if negative; recorded.
  template <class Index>
  auto operator[](const Index& i) const {
    return tenon::detail::element_of(*this, i);
  }

  /// Computes the gradient of sum(grad_output * *this) with respect to everything that requires one, and releases the
  /// record. Throws tenon::Error if nothing is recorded, as after a first `backward`.
  void backward(const TensorType& grad_output) const;
  /// Computes `backward` of a scalar with the gradient 1.
  void backward() const
    requires(shape_of_t<TensorType>::size == 1)
  {
    const typename TensorType::place::scope beside(data());
    TensorType one(uninitialized);
    one.fill(1);
    backward(one);
  }

  autograd::State<TensorType>* state() const noexcept {
    return static_cast<autograd::State<TensorType>*>(state_.get());
  }

 private:
  autograd::AnyStatePointer state_;
};
template <class TensorType>
Variable(TensorType) -> Variable<TensorType>;
template <class TensorType>
Variable(TensorType, requires_grad_t) -> Variable<TensorType>;
template <class TensorType>
Variable(TensorType, no_grad_t) -> Variable<TensorType>;

/// A tensor that a module learns. Its storage stays where it is when the module is moved; a copy has its own.
///
/// Assignment, of a copy or of a temporary such as `m.weight = Parameter{...}`, keeps the state that optimisers and
/// records refer to: they go on with the value, the gradient and the flag that were assigned.
///
///     nn::Parameter<Tensor<float, 4, 2>> p;
///     p.data().fill(1);
///     nn::Variable y = mm(Tensor<float, 3, 4>{}, p);  // recorded: y.backward(...) adds to p.grad()
template <class TensorType>
class Parameter {
 public:
  using tensor_type = placed_tensor_t<TensorType>;

  /// Makes a parameter of zeros.
  Parameter() : Parameter(tensor_type()) {}
  Parameter(tensor_type value) : state_(new autograd::State<tensor_type>(std::move(value), true)) {}
  Parameter(const Parameter& other) : Parameter(tensor_type(other.data())) {
    requires_grad(other.requires_grad());
    state()->copy_grad(*other.state());
  }
  Parameter(Parameter&&) noexcept = default;
  Parameter& operator=(const Parameter& other) {
    if (!state_) return *this = Parameter(other);  // this one was moved from
    if (this != &other) state()->assign(*other.state());
    return *this;
  }
  Parameter& operator=(Parameter&& other) {
    if (this == &other) return *this;
    const bool is_wanted = state_ && state_->is_shared(), other_is_wanted = other.state_ && other.state_->is_shared();
    if (!is_wanted || !other.state_ || (state_->was_moved() && other_is_wanted)) {
      state_ = std::move(other.state_);
    } else {
      state()->assign(*other.state());
      if (other_is_wanted && !other.state_->was_moved()) other.state_->moved_to(state_);
    }
    return *this;
  }

  tensor_type& data() noexcept { return state()->value(); }
  const tensor_type& data() const noexcept { return state()->value(); }
  /// Returns `data()` for changes between a forward and a backward pass: `backward` then throws tenon::Error if it
  /// needs the value before the change. It does not notice changes through `data()`.
  tensor_type& overwrite() noexcept {
    state_->changed();
    return data();
  }
  /// Returns the gradient, zeros before any backward pass; may be assigned and written. Reading it changes nothing.
  tensor_type& grad() { return state()->grad(); }
  const tensor_type& grad() const { return state()->grad(); }
  /// Zeroes the gradient. An optimiser still moves a parameter that has once had a gradient, by its momentum and weight
  /// decay, as in PyTorch 1.13.
  void zero_grad() { state()->zero_grad(); }
  bool requires_grad() const noexcept { return state_->requires_grad(); }
  /// Sets whether the gradient of this parameter is computed and optimisers move it.
  void requires_grad(bool value) noexcept { state_->requires_grad(value); }

  /// `p[i]`, recorded as of a Variable.
  template <class Index>
  auto operator[](const Index& i) const {
    return tenon::detail::element_of(*this, i);
  }

  /// Null of a parameter that was moved from.
  autograd::State<tensor_type>* state() const noexcept {
    return static_cast<autograd::State<tensor_type>*>(state_.get());
  }

 private:
  autograd::AnyStatePointer state_;
};
template <class TensorType>
Parameter(TensorType) -> Parameter<TensorType>;

/// A tensor that is part of a module's state but is not learnt, such as `running_mean`.
///
///     nn::Buffer<Tensor<float, 4>> mean{Tensor<float, 4>::from({1, 2, 3, 4})};
///     Tensor<float, 4> centred = Tensor<float, 4>{} - mean.data();
template <class TensorType>
class Buffer {
 public:
  using tensor_type = placed_tensor_t<TensorType>;
  Buffer() = default;
  Buffer(tensor_type value) : value_(std::move(value)) {}
  tensor_type& data() noexcept { return value_; }
  const tensor_type& data() const noexcept { return value_; }

 private:
  tensor_type value_;
};
template <class TensorType>
Buffer(TensorType) -> Buffer<TensorType>;

}  // namespace nn

/// The type of a parameter that an option, such as `bias<false>`, leaves out.
struct Absent {};

template <class T>
inline constexpr bool is_variable = false;
template <class T>
inline constexpr bool is_variable<nn::Variable<T>> = true;
template <class T>
inline constexpr bool is_parameter = false;
template <class T>
inline constexpr bool is_parameter<nn::Parameter<T>> = true;
template <class T>
inline constexpr bool is_buffer = false;
template <class T>
inline constexpr bool is_buffer<nn::Buffer<T>> = true;

namespace autograd {

template <class TensorType>
void add_to_grad(State<TensorType>& state, const TensorType& gradient) {
  if (state.accumulates())
    state.grad_to_write() += gradient;
  else
    state.grad_to_write() = gradient;
}

inline void check_recorded(const AnyState& state) {
  if (!state.producer() && state.recorded())
    raise("backward: the record of this result was released by an earlier backward");
  if (!state.producer() && !state.requires_grad())
    raise("backward: nothing is recorded; no input or parameter of this result requires a gradient");
}
inline void check_all_recorded() {}
template <class TensorType, class... Rest>
void check_all_recorded(const nn::Variable<TensorType>& output, const TensorType&, const Rest&... rest) {
  check_recorded(*output.state());
  check_all_recorded(rest...);
}
inline void seed(BackwardQueue&) {}
template <class TensorType, class... Rest>
void seed(BackwardQueue& queue, const nn::Variable<TensorType>& output, const TensorType& grad_output,
          const Rest&... rest) {
  add_to_grad(*output.state(), grad_output);
  output.state()->queue_producer(queue);
  seed(queue, rest...);
}

}  // namespace autograd

/// Computes the gradients of several results at once: `backward(output, grad_output, ...)`. Throws tenon::Error if
/// nothing is recorded for one of them.
///
///     nn::Linear<4, 2> a, b;
///     nn::Variable x{Tensor<float, 3, 4>{}};
///     nn::Variable y = a(x), z = b(x);
///     tenon::backward(y, Tensor<float, 3, 2>{}, z, Tensor<float, 3, 2>{});
template <class TensorType, class... Rest>
void backward(const nn::Variable<TensorType>& output, const TensorType& grad_output, const Rest&... rest) {
  autograd::check_all_recorded(output, grad_output, rest...);
  auto& queue = autograd::BackwardQueue::of_this_thread();
  autograd::seed(queue, output, grad_output, rest...);
  queue.run();
}

template <class TensorType>
void nn::Variable<TensorType>::backward(const TensorType& grad_output) const {
  tenon::backward(*this, grad_output);
}

}  // namespace tenon::inline TENON_ISA
