/// \file
/// The state behind a Variable: a value, its gradient and the node that made it.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "../core/tensor.hpp"
#include "../core/text.hpp"
#include "backward.hpp"

namespace tenon::inline TENON_ISA::autograd {

class AnyState;
using AnyStatePointer = boost::intrusive_ptr<AnyState>;

/// A node's reference to one of its outputs. It is weak while the node waits, so that an output that nobody needs may
/// go; it is strong, `held`, once the node's backward pass is due, so that the gradient stays until it has been passed
/// on.
struct OutputSlot {
  AnyState* state = nullptr;
  bool held = false;
};

/// The part of a state that does not depend on the type of its value.
///
/// Variables, Parameters and the nodes that read the value point to it and count as its owners. Other nodes keep the
/// state alone: when the last owner goes, the value's memory is released, unless the node that made it reads it too.
class AnyState : public memory::Recycled {
 public:
  explicit AnyState(bool requires_grad) : requires_grad_(requires_grad) {}
  AnyState(const AnyState&) = delete;
  AnyState& operator=(const AnyState&) = delete;
  virtual ~AnyState() {
    if (slot_) slot_->state = nullptr;
  }

  bool requires_grad() const noexcept { return requires_grad_; }
  void requires_grad(bool value) noexcept { requires_grad_ = value; }
  bool is_volatile() const noexcept { return volatile_; }
  void make_volatile() noexcept { volatile_ = true; }

  /// Whether the gradient's elements are set; where they are not, it is zero.
  bool has_grad() const noexcept { return has_grad_; }
  /// Notes that the gradient was written, before this program began.
  void mark_had_grad() noexcept { had_grad_ = true; }

  const NodePointer& producer() const noexcept { return producer_; }
  /// Returns whether a backward pass computes the gradient. A node that only awaits it is no reason to.
  bool wants_grad() const noexcept { return requires_grad_ || (producer_ && recorded_); }
  /// Notes that `node` made this value. `slot`, in the node, is cleared when this state ends before the node does;
  /// `reads_value` says whether the node's backward pass reads the value.
  void made_by(NodePointer node, OutputSlot& slot, bool reads_value) noexcept {
    awaited_by(std::move(node), slot);
    producer_reads_value_ = reads_value;
    recorded_ = true;
  }
  /// Notes that `node` waits for the gradient of this value, which no node made: a parameter's, for instance. Backward
  /// passes queue it as if it had. A node that stands `before_first_use` finds the gradient complete.
  void awaited_by(NodePointer node, OutputSlot& slot) noexcept {
    producer_ = std::move(node);
    slot_ = &slot;
    slot.state = this;
  }
  /// Queues the node that made this value.
  void queue_producer(BackwardQueue& queue) {
    if (!producer_) return;
    if (!std::exchange(slot_->held, true)) hold(false);
    queue.push(producer_);
  }
  /// Forgets the node that made this value or awaits its gradient, when its backward pass is done.
  void forget_producer() noexcept {
    slot_ = nullptr;
    producer_.reset();
  }
  /// Returns whether this value was ever recorded, even if a backward pass has released the record.
  bool recorded() const noexcept { return recorded_; }

  /// Returns the number of changes of the value, except those that its owner makes through a reference.
  std::uint32_t version() const noexcept { return version_; }
  void changed() noexcept { ++version_; }

  virtual std::span<const index_t> extents() const noexcept = 0;
  /// Returns the dotted name of a parameter, empty if it is not known.
  std::string_view name() const noexcept { return seldom_ ? std::string_view(seldom_->name) : std::string_view(); }
  /// Sets the name, unless a longer one is known: of the names that a module and the modules it is in give, the longest
  /// says most.
  void name(std::string_view name) {
    if (name.size() > this->name().size()) seldom().name = name;
  }

  /// Returns the state that this one's value was moved into, with which optimisers and records go on; itself, if it was
  /// not moved.
  AnyState& current() noexcept {
    AnyState* state = this;
    while (state->was_moved()) state = state->seldom_->successor.get();
    return *state;
  }
  bool was_moved() const noexcept { return seldom_ && seldom_->successor; }
  void moved_to(AnyStatePointer successor) {
    if (successor || seldom_) seldom().successor = std::move(successor);
  }

  /// Returns whether the module that had this parameter was given another one, which optimisers do not know of.
  bool was_replaced() const noexcept { return replaced_; }
  void replaced() noexcept { replaced_ = true; }

  /// Returns whether anything but the caller refers to this state.
  bool is_shared() const noexcept {
    return owners_.load(std::memory_order_relaxed) > 1 || references_.load(std::memory_order_relaxed) > 1;
  }

  friend void intrusive_ptr_add_ref(AnyState* state) noexcept { add(state->owners_); }
  friend void intrusive_ptr_release(AnyState* state) noexcept {
    if (!was_last(state->owners_)) return;
    if (!state->producer_reads_value_ && state->references_.load(std::memory_order_acquire) > 1) state->release_value();
    state->let_go(false);
  }
  /// Adds a reference for a node, which holds the value only if it reads it.
  void hold(bool with_value) noexcept { add(with_value ? owners_ : references_); }
  void let_go(bool with_value) noexcept {
    if (with_value)
      intrusive_ptr_release(this);
    else if (was_last(references_))
      delete this;
  }

 protected:
  virtual void release_value() noexcept = 0;
  bool has_grad_ = false;
  bool had_grad_ = false;  // whether a backward pass has written it, or the user, as far as is known

 private:
  // Atomic, since threads that record calls of one model share the states of its parameters.
  using Count = std::atomic<std::uint32_t>;
  static void add(Count& count) noexcept { count.fetch_add(1, std::memory_order_relaxed); }
  static bool was_last(Count& count) noexcept {
    // A last reference is nobody else's: it goes without the cost of a read-modify-write.
    return count.load(std::memory_order_acquire) == 1 || count.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }

  bool requires_grad_, volatile_ = false, recorded_ = false, replaced_ = false, producer_reads_value_ = false;
  Count owners_{0}, references_{1};  // all owners together are one reference
  std::uint32_t version_ = 0;
  NodePointer producer_;
  OutputSlot* slot_ = nullptr;
  struct Seldom {
    Text name;
    AnyStatePointer successor;
  };
  std::unique_ptr<Seldom> seldom_;

  Seldom& seldom() {
    if (!seldom_) seldom_ = std::make_unique<Seldom>();
    return *seldom_;
  }
};

namespace detail {
/// Returns whether all of `elements` (size) are `wanted`, bit by bit.
template <class T>
bool are_all(const T& wanted, const T* elements, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): a zero of the other sign is another
    if (std::memcmp(elements + i, &wanted, sizeof wanted) != 0) return false;
  return true;
}
}  // namespace detail

/// The value of a Variable or Parameter, its gradient, and the node that made it.
template <class TensorType>
class State final : public AnyState {
  using element = typename TensorType::value_type;

 public:
  explicit State(TensorType value, bool requires_grad) : AnyState(requires_grad), value_(std::move(value)) {}

  /// Returns the value, which has no elements once it was released.
  TensorType& value() noexcept { return value_; }
  const TensorType& value() const noexcept { return value_; }
  std::span<const index_t> extents() const noexcept override { return TensorType::static_shape::dims; }

  /// Returns the gradient for the user to read or write; zeros before any backward pass.
  TensorType& grad() {
    set_elements();
    shown_ = true;
    return grad_;
  }
  /// Returns the gradient for callers that keep no reference to it; zeros before any backward pass.
  TensorType& set_elements() {
    allocate_grad();
    if (!std::exchange(has_grad_, true)) clear();
    return grad_;
  }
  /// Returns the gradient for a backward pass, which must overwrite all of it if `accumulates()` was false, and add to
  /// it if it was true.
  TensorType& grad_to_write() {
    allocate_grad();
    has_grad_ = had_grad_ = true;
    return grad_;
  }
  bool accumulates() const { return has_grad_ && had_grad(); }

  /// Returns whether a backward pass or the user has ever written the gradient. If not, optimisers do not move the
  /// parameter.
  bool had_grad() const { return had_grad_ || (shown_ && !is_unwritten()); }
  /// Zeroes the gradient. Its elements are set at once if the user has seen it, since a reference to it may have been
  /// kept, otherwise when they are needed.
  void zero_grad() {
    had_grad_ = had_grad();
    if (shown_)
      clear();
    else
      has_grad_ = false;
  }

  /// Copies value, gradient and flags of `other`. Optimisers and records go on to refer to this state.
  void assign(const State& other) {
    value_ = other.value_;
    changed();
    moved_to(nullptr);
    requires_grad(other.requires_grad());
    copy_grad(other);
  }
  void copy_grad(const State& other) {
    had_grad_ = other.had_grad();
    if (other.accumulates()) {
      allocate_grad();
      grad_ = other.grad_;
      has_grad_ = true;
    } else if (shown_) {
      clear();
    } else {
      has_grad_ = false;
    }
  }

 private:
  void release_value() noexcept override { const TensorType released = std::move(value_); }

  /// The zero of a gradient that nobody has written, -0. It equals 0, but not bit by bit, and so tells zeros that the
  /// user has written from these.
  static constexpr element unwritten = static_cast<element>(-0.0);

  void allocate_grad() {
    if (grad_.data()) return;
    const typename TensorType::place::scope beside(value_);
    grad_ = TensorType(uninitialized);
  }
  void clear() {
    // Volatile, since under -ffast-math a compiler takes the two zeros for one.
    const volatile element zero = unwritten;
    if (had_grad_)
      grad_.fill(0);
    else
      grad_.fill(zero);
  }
  bool is_unwritten() const {
    if constexpr (requires { grad_.to_host(); })
      return detail::are_all(unwritten, grad_.to_host().data(), grad_.size());
    else
      return detail::are_all(unwritten, grad_.data(), grad_.size());
  }

  TensorType value_;
  TensorType grad_ = TensorType::unallocated();
  bool shown_ = false;  // whether the user has seen the gradient, and so may write it and keep a reference
};
}  // namespace tenon::inline TENON_ISA::autograd
