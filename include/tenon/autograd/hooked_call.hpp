/// \file
/// What a module and its calls know of hooks. The rest (hooks.hpp, hook_node.hpp) is reached through virtual functions
/// and made of templates, so that a program that registers no hook compiles none of it.
#pragma once

#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <memory>
#include <new>
#include <span>
#include <tuple>
#include <utility>

#include "../core/any_tensor.hpp"
#include "arguments.hpp"

namespace tenon::inline TENON_ISA::autograd {

/// What hooks need of elements of one type at one place.
struct HookedElements {
  /// Copies `count` elements to or from memory of the host.
  using Transfer = void(void* elements, index_t count, void* on_host);
  DType dtype;
  Transfer* to_host;
  Transfer* from_host;
};
template <class T, class Place>
struct HookedTransfers {
  TENON_COLD static void to_host(void* elements, index_t count, void* on_host) {
    Place::to_host(static_cast<const T*>(elements), count, static_cast<T*>(on_host));
  }
  TENON_COLD static void from_host(void* elements, index_t count, void* on_host) {
    Place::from_host(static_cast<const T*>(on_host), count, static_cast<T*>(elements));
  }
};
template <class T, class Place>
inline constexpr HookedElements hooked_elements{dtype_of<T>, &HookedTransfers<T, Place>::to_host,
                                                &HookedTransfers<T, Place>::from_host};

/// What hooks need of a type of tensors. Its functions are those of a State of the type.
struct HookedType {
  const HookedElements& elements;
  std::span<const index_t> extents;
  /// Calls `transfer` for the elements of the gradient, which are zero if nothing wrote them.
  void (*transfer_gradient)(AnyState& state, HookedElements::Transfer* transfer, void* on_host);
  /// Makes, in storage for a Variable, one of the same value, and returns its state. The Variable owns a reference to
  /// the state; who has the storage releases that reference, and does not destroy the Variable.
  AnyState* (*copy)(const AnyState& state, void* variable);
};
template <class TensorType>
struct HookedFunctions {
  using place = typename TensorType::place;

  TENON_COLD static void transfer_gradient(AnyState& any, HookedElements::Transfer* transfer, void* on_host) {
    auto& state = static_cast<State<TensorType>&>(any);
    const typename place::scope beside(state.value());
    transfer(state.set_elements().data(), shape_of_t<TensorType>::size, on_host);
  }
  TENON_COLD static AnyState* copy(const AnyState& any, void* variable) {
    static_assert(sizeof(nn::Variable<TensorType>) == sizeof(void*));
    const TensorType& value = static_cast<const State<TensorType>&>(any).value();
    const typename place::scope beside(value);
    return (new (variable) nn::Variable<TensorType>(TensorType(value)))->state();
  }
};
template <class TensorType>
inline constexpr HookedType hooked_type{hooked_elements<typename TensorType::value_type, typename TensorType::place>,
                                        shape_of_t<TensorType>::dims, &HookedFunctions<TensorType>::transfer_gradient,
                                        &HookedFunctions<TensorType>::copy};

/// Whether hooks get an argument or a result of type X.
template <class X>
concept Hooked = requires {
  DTypeOf<typename argument_t<X>::value_type>::value;
  typename argument_t<X>::static_shape;
};
/// An argument or a result of a call with hooks.
struct HookedValue {
  const void* object;                // the argument, or what the module gets in its stead; the result
  const HookedType* type = nullptr;  // null if hooks do not get it
  const void* elements = nullptr;
  AnyState* state = nullptr;  // null if it is no Variable

  bool wants_grad() const noexcept { return state && state->wants_grad(); }
};
template <class X>
HookedValue hooked_value(const X& x) {
  if constexpr (!Hooked<X>)
    return {&x};
  else if constexpr (is_variable<X>)
    return {&x, &hooked_type<argument_t<X>>, x.data().data(), x.state()};
  else
    return {&x, &hooked_type<argument_t<X>>, value_of(x).data()};
}

/// The part of a call with hooks that one who registered them has compiled.
class CallRecord {
 public:
  CallRecord(const CallRecord&) = delete;
  CallRecord& operator=(const CallRecord&) = delete;
  /// Calls the forward hooks, and makes of the module's results the caller's.
  virtual void finish(std::span<const HookedValue> results, bool are_variables) = 0;
  virtual void end() noexcept = 0;

 protected:
  CallRecord() = default;
  ~CallRecord() = default;
};

/// The hooks of one module. Its handles and the records of its calls refer to them, too: they may outlive the module,
/// after which there are no hooks.
class Hooks : public boost::intrusive_ref_counter<Hooks> {
 public:
  Hooks(const Hooks&) = delete;
  Hooks& operator=(const Hooks&) = delete;
  virtual ~Hooks() = default;

  virtual bool empty() const noexcept = 0;
  /// Sets the address of the module, which may move.
  virtual void belong_to(void* module) noexcept = 0;
  /// Notes that the module ended: there are no hooks any more.
  virtual void end() noexcept = 0;
  /// Begins a call, and puts into `arguments` the objects that the module gets.
  virtual CallRecord& begin(std::span<HookedValue> arguments) = 0;
  /// Removes a hook, if it was not removed before.
  virtual void remove(const std::weak_ptr<const void>& hook) noexcept = 0;

 protected:
  Hooks() = default;
};
using HooksPointer = boost::intrusive_ptr<Hooks>;

/// A call of a module that has hooks.
class HookedCall {
 public:
  HookedCall(Hooks& hooks, std::span<HookedValue> arguments) : record_(hooks.begin(arguments)) {}
  HookedCall(const HookedCall&) = delete;
  HookedCall& operator=(const HookedCall&) = delete;
  ~HookedCall() { record_.end(); }

  /// Calls the forward hooks, and makes of the module's result the caller's. Throws tenon::Error if there are backward
  /// hooks, and the result is neither a Variable nor a std::tuple of Variables.
  template <class R>
  void finish(R& result) {
    if constexpr (requires { std::tuple_size<R>::value; }) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        record_.finish(std::array<HookedValue, sizeof...(I)>{hooked_value(std::get<I>(result))...},
                       (is_variable<std::tuple_element_t<I, R>> && ...));
      }(std::make_index_sequence<std::tuple_size_v<R>>{});
    } else {
      const HookedValue value = hooked_value(result);
      record_.finish({&value, 1}, is_variable<R>);
    }
  }

 private:
  CallRecord& record_;
};

/// A module's pointer to its hooks, null if it never had any. A copy of a module has none.
class OwnHooks {
 public:
  OwnHooks() = default;
  OwnHooks(const OwnHooks&) = delete;
  OwnHooks& operator=(const OwnHooks&) = delete;
  ~OwnHooks() {
    if (hooks_) hooks_->end();
  }

  bool has_any() const noexcept { return hooks_ && !hooks_->empty(); }
  Hooks* get() const noexcept { return hooks_; }
  /// Sets the hooks of a module that has none yet.
  void set(Hooks* hooks) noexcept { hooks_ = hooks; }
  /// Takes the hooks of a module that is moved to `module`, unless this one has some.
  void take(OwnHooks& other, void* module) noexcept {
    if (!other.hooks_ || has_any()) return;
    Hooks* const taken = std::exchange(other.hooks_, nullptr);
    if (hooks_) hooks_->end();
    hooks_ = taken;
    hooks_->belong_to(module);
  }

 private:
  Hooks* hooks_ = nullptr;
};

}  // namespace tenon::inline TENON_ISA::autograd
