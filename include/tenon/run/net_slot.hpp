/// \file
/// `NetSlot<Input, Output>`: the net that a real-time thread runs, which another thread replaces.
#pragma once

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "any_net.hpp"

namespace tenon::inline TENON_ISA {

/// The net that one real-time thread runs while another thread loads the next one.
///
/// The loading thread calls `publish` and `collect`; the real-time thread calls `acquire` or `acquire_both`, each of
/// which is a few instructions without a lock, a wait, an allocation or a destruction. Nets are destroyed in `collect`
/// and with the slot, when neither thread uses it any more. Several loading threads take turns by a mutex of their own.
///
///     tenon::NetSlot<Tensor<float, 1, 12>, Tensor<float, 1, 4>> slot;
///     using Any = tenon::AnyNet<Tensor<float, 1, 12>, Tensor<float, 1, 4>>;
///     slot.publish(Any{tenon::compile<Tensor<float, 1, 12>>(nn::Linear<12, 4>{})});  // the loading thread
///     if (Any* now = slot.acquire()) (*now)(Tensor<float, 1, 12>{});                 // the real-time one, each block
///     slot.collect();                                                                // the loading thread, at times
template <class Input, class Output>
class NetSlot {
 public:
  using Net = AnyNet<Input, Output>;

  NetSlot() = default;
  NetSlot(const NetSlot&) = delete;
  NetSlot& operator=(const NetSlot&) = delete;

  /// Makes `net` the one that the next `acquire` returns. Called on the loading thread. Throws tenon::Error if `net` is
  /// empty.
  void publish(Net&& net) {
    if (!net) raise("NetSlot: wanted a net to publish, found an empty AnyNet");
    skipped_.reserve(skipped_.size() + 1);
    published_.reserve(published_.size() + 1);
    published_.push_back(std::make_unique<Net>(std::move(net)));
    // Release: the real-time thread, which acquires the pointer, sees the net as it was made here.
    if (next_.exchange(published_.back().get(), std::memory_order_release)) {
      // The real-time thread has not taken the net before, and now it never will.
      const auto before = published_.end() - 2;
      skipped_.push_back(std::move(*before));
      published_.erase(before);
    }
  }

  /// Destroys the nets that were replaced and that the real-time thread is done with. Called on the loading thread.
  void collect() {
    skipped_.clear();
    // Acquire: what the real-time thread did with a net before it let go of it comes before the net's end.
    const Net* const oldest = in_use_.load(std::memory_order_acquire);
    // The thread takes nets in the order in which they are published: it is done with those before this one.
    const auto is_in_use = [oldest](const auto& net) { return net.get() == oldest; };
    const auto first = std::find_if(published_.begin(), published_.end(), is_in_use);
    if (first != published_.end()) published_.erase(published_.begin(), first);
  }

  /// Returns the net that was published last, or null before there is one. It is valid until the next call of `acquire`
  /// or `acquire_both`. Called on the real-time thread.
  Net* acquire() noexcept {
    take();
    let_go();
    return current_;
  }

  /// Returns the same, and the net that this call has replaced by it, if it has, else null: for a cross-fade from one
  /// to the other. Both are valid until the next call of `acquire` or `acquire_both`. Called on the real-time thread.
  std::pair<Net*, Net*> acquire_both() noexcept {
    let_go();
    Net* const replaced = take();
    return {current_, replaced};
  }

 private:
  static_assert(std::atomic<Net*>::is_always_lock_free, "a real-time thread must not wait for a lock");

  /// Makes the net that was published last the current one. Returns the one before, or null if it is the same.
  Net* take() noexcept {
    // Relaxed: this only asks whether there is something to take; what is taken is read below.
    if (!next_.load(std::memory_order_relaxed)) return nullptr;
    // Acquire: pairs with the release of `publish`. Only this thread writes null, so there still is a net.
    return std::exchange(current_, next_.exchange(nullptr, std::memory_order_acquire));
  }
  /// Lets `collect` destroy the nets before the current one.
  void let_go() noexcept {
    if (announced_ == current_) return;
    announced_ = current_;
    // Release: pairs with the acquire of `collect`.
    in_use_.store(current_, std::memory_order_release);
  }

  // Of the loading thread: the nets from the oldest that may be in use to the last one, and those that were never
  // taken.
  std::vector<std::unique_ptr<Net>> published_, skipped_;
  // Of both: a net that was published and not taken yet, and the oldest net that the real-time thread may still use.
  std::atomic<Net*> next_{nullptr}, in_use_{nullptr};
  // Of the real-time thread: the net that it uses, and what it has last said it uses.
  Net *current_ = nullptr, *announced_ = nullptr;
};

}  // namespace tenon::inline TENON_ISA
