/// \file
/// The nodes of a record, and the order in which a backward pass walks them.
#pragma once

#include <algorithm>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/memory.hpp"

namespace tenon::inline TENON_ISA::autograd {

class Node;
using NodePointer = boost::intrusive_ptr<Node>;
/// The nodes that a backward pass has reached, the latest recorded first.
class BackwardQueue;

/// A recorded operation. It lives as long as one of its outputs, or until `backward` has passed it.
class Node : public memory::Recycled {
 public:
  /// The place of a node that no call records.
  enum class Order : std::uint64_t {
    last = 0,                                                        // a backward pass comes to it at its end
    before_first_use = (std::numeric_limits<std::uint64_t>::max)(),  // and after all that was recorded earlier
  };

  Node() : order_(next_order()++) {}
  explicit Node(Order order) : order_(static_cast<std::uint64_t>(order)) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  /// Adds to the gradients of the inputs, queues the nodes that made them, and lets go of inputs and outputs.
  virtual void propagate(BackwardQueue& queue) = 0;
  /// Lets go of inputs and outputs.
  virtual void let_go() = 0;

  friend void intrusive_ptr_add_ref(Node* node) noexcept { ++node->references_; }
  friend void intrusive_ptr_release(Node* node) noexcept {
    if (--node->references_ == 0) destroy(node);
  }

 protected:
  /// Orders this node behind `node`, which made an input and which another thread may have recorded.
  void follow(Node& node) noexcept {
    if (node.order_ < order_) return;
    if (!node.has_order()) {
      node.order_ = std::exchange(order_, next_order()++);
      return;
    }
    order_ = node.order_ + 1;
    next_order() = order_ + 1;
  }
  /// Returns the place of this node: backward passes come to those of higher order first.
  std::uint64_t order() const noexcept { return order_; }
  /// Returns whether it is known where this node stands: one `before_first_use` waits for a call with an output of it.
  bool has_order() const noexcept { return order_ != static_cast<std::uint64_t>(Order::before_first_use); }

 private:
  friend class BackwardQueue;
  /// Destroys a node, and the nodes before it that nothing else holds. They are destroyed one after the other, not
  /// within each other, so that a long record does not take a deep stack.
  static void destroy(Node* node) noexcept {
    static TENON_THREAD_LOCAL Node* waiting = nullptr;
    static TENON_THREAD_LOCAL bool destroying = false;
    node->waiting_ = std::exchange(waiting, node);
    if (std::exchange(destroying, true)) return;
    while (Node* first = waiting) {
      waiting = first->waiting_;
      delete first;
    }
    destroying = false;
  }
  static std::uint64_t& next_order() {
    static TENON_THREAD_LOCAL std::uint64_t order = 1;
    return order;
  }
  std::uint64_t order_;
  Node* waiting_ = nullptr;
  std::uint32_t references_ = 0;
  bool queued_ = false;
};

class BackwardQueue {
 public:
  void push(const NodePointer& node) {
    if (!node || std::exchange(node->queued_, true)) return;
    pending_.push_back(node);
    std::push_heap(pending_.begin(), pending_.end(), earlier);
  }
  /// Propagates gradients through all nodes that are reached. Throws tenon::Error if a value that a gradient needs was
  /// changed, or if a record on the way was released.
  void run() {
    const Emptied emptied{*this};
    while (!pending_.empty()) {
      std::pop_heap(pending_.begin(), pending_.end(), earlier);
      current_ = std::move(pending_.back());
      pending_.pop_back();
      current_->propagate(*this);
      current_.reset();
    }
    if (std::exchange(met_released_record_, false))
      raise(
          "backward: the record of a value on the way was released by an earlier backward; gradients before it are "
          "missing");
  }
  /// Notes that a gradient ends at a value whose own record is gone: `run` throws once it has computed the rest.
  void meet_released_record() noexcept { met_released_record_ = true; }
  /// Returns the calling thread's queue. Its memory is kept, so that a warm backward pass allocates nothing.
  static BackwardQueue& of_this_thread() {
    static TENON_THREAD_LOCAL BackwardQueue queue;
    return queue;
  }

 private:
  /// Releases the records that were not used if an error ended a pass, so that the next one begins with an empty queue.
  struct Emptied {
    BackwardQueue& queue;
    ~Emptied() {
      if (!queue.current_) return;
      queue.current_->let_go();
      queue.current_.reset();
      for (const NodePointer& node : queue.pending_) node->let_go();
      queue.pending_.clear();
      queue.met_released_record_ = false;
    }
  };
  static bool earlier(const NodePointer& a, const NodePointer& b) { return a->order_ < b->order_; }
  std::vector<NodePointer> pending_;
  NodePointer current_;
  bool met_released_record_ = false;
};

}  // namespace tenon::inline TENON_ISA::autograd
