/// \file
/// The gradients of a model in one buffer, and their averages over all ranks, computed while a backward pass runs.
///
/// The buffer consists of buckets. A BucketNode waits for the gradients of each: it stands in the record directly
/// before the first call that uses one of the bucket's parameters, so a backward pass reaches it when the last of these
/// gradients is complete. Then the bucket is on its way. The pass ends with a PassNode, which sends what was not
/// reached, waits for all buckets and writes the averages into the gradients. A pass that does not go through a result
/// of the DistributedDataParallel has no PassNode, and its gradients stay this rank's own.
///
/// Ranks must start the same buckets in the same order, whatever each of them has reached: a bucket waits for those
/// before it. They begin with the last parameters of the model, whose gradients come first.
#pragma once

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../autograd/state.hpp"
#include "../nn/members.hpp"
#include "communicator.hpp"

namespace tenon::inline TENON_ISA::parallel {

class Reducer;

/// The gradient of one parameter.
struct Gradient {
  autograd::AnyStatePointer state;
  bool is_double;
  std::size_t size;
  bool (*was_ever_written)(const autograd::AnyState&);
  /// Returns the elements to overwrite, or to read where the gradient has elements.
  void* (*elements)(autograd::AnyState&);

  template <class TensorType>
  static Gradient of(autograd::State<TensorType>& state) {
    using State = autograd::State<TensorType>;
    using T = typename TensorType::value_type;
    static_assert(std::is_same_v<typename TensorType::place, host>,
                  "DistributedDataParallel: the parameters of the model are on a device, not on the host");
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
    return {&state, std::is_same_v<T, double>, TensorType::static_shape::size,
            [](const autograd::AnyState& any) { return static_cast<const State&>(any).had_grad(); },
            [](autograd::AnyState& any) -> void* { return static_cast<State&>(any).grad_to_write().data(); }};
  }

  /// Copies the gradient into a bucket, (size); zeros if there is none.
  template <class T>
  void put(T* bucket) const {
    if (state->has_grad() && was_ever_written(*state))
      std::memcpy(bucket, elements(*state), size * sizeof(T));
    else
      std::fill_n(bucket, size, T(0));
  }
  /// Makes the gradient the average of a bucket's sums, (size), over `ranks` ranks.
  template <class T>
  void take_average(const T* bucket, T ranks) const {
    T* const gradient = static_cast<T*>(elements(*state));
    for (std::size_t i = 0; i < size; ++i) gradient[i] = bucket[i] / ranks;
  }
};

/// Gradients of one element type that are reduced at once.
struct Bucket {
  std::vector<Gradient> gradients;
  std::vector<autograd::OutputSlot> slots;  // of the node that waits for the gradients
  std::byte* elements = nullptr;            // the gradients, and for each of them in how many ranks there is one
  std::size_t count = 0;
  bool is_complete = false;
  MPI_Request request = MPI_REQUEST_NULL;

  bool is_double() const { return gradients.front().is_double; }
  std::size_t bytes() const { return count * (is_double() ? sizeof(double) : sizeof(float)); }
  /// Calls `f` with the elements as numbers of their type.
  template <class F>
  void with_elements(F&& f) {
    if (is_double())
      f(reinterpret_cast<double*>(elements));
    else
      f(reinterpret_cast<float*>(elements));
  }
};

/// Awaits the gradients of a bucket.
class BucketNode final : public autograd::Node {
 public:
  BucketNode(Reducer& reducer, std::size_t bucket)
      : Node(Order::before_first_use), reducer_(reducer), bucket_(bucket) {}
  void propagate(autograd::BackwardQueue&) override;
  void let_go() override;

 private:
  Reducer& reducer_;
  std::size_t bucket_;
};

/// Ends a backward pass.
class PassNode final : public autograd::Node {
 public:
  explicit PassNode(std::shared_ptr<Reducer> reducer) : Node(Order::last), reducer_(std::move(reducer)) {}
  void propagate(autograd::BackwardQueue&) override;
  void let_go() override;

 private:
  std::shared_ptr<Reducer> reducer_;
};

class Reducer : public std::enable_shared_from_this<Reducer> {
 public:
  /// Reduces the gradients of `parameters`, a list in the order of the model, in buckets of at most `bucket_bytes`,
  /// unless one gradient is larger.
  Reducer(Communicator& mpi, std::unique_ptr<OwnCommunicator> ranks, std::vector<Gradient> parameters,
          std::size_t bucket_bytes)
      : mpi_(mpi), ranks_(std::move(ranks)) {
    make_buckets(std::move(parameters), bucket_bytes);
    for (std::size_t i = 0; i < buckets_.size(); ++i) await(i);
  }
  Reducer(const Reducer&) = delete;
  Reducer& operator=(const Reducer&) = delete;
  ~Reducer() {
    for (Bucket& bucket : buckets_) forget_node(bucket);
    if (!has_failed_) return;
    // MPI may still read and write the buffer, which stays.
    ranks_->leave();
    (void)std::make_unique<memory::Array<std::byte>>(std::move(buffer_)).release();
  }

  /// Throws tenon::Error if an earlier backward pass was broken off.
  void check_usable() const {
    if (has_failed_)
      raise(
          "DistributedDataParallel: an error broke off an earlier backward pass, in which other ranks may still wait "
          "for this one: end the program");
  }
  /// Begins to reduce, in a backward pass that `queue` walks and that comes from results of order `results`.
  void begin(autograd::BackwardQueue& queue, std::uint64_t results) {
    check_usable();
    if (std::exchange(is_in_pass_, true)) {
      results_ = (std::min)(results_, results);
      return;
    }
    results_ = results;
    queue.push(autograd::NodePointer(new PassNode(shared_from_this())));
  }
  /// Notes that the gradients of bucket `i` have changed. They are complete if the pass comes to the node that awaits
  /// them in its order: one that a later call has put in its place is reached early.
  void reach(std::size_t i, std::uint64_t order) {
    if (!is_in_pass_) return;
    if (i < started_)
      raise(Text("DistributedDataParallel: a gradient of the bucket of \"") +
            Text(buckets_[i].gradients.front().state->name()) +
            "\" was computed after its average: call backward on all results together, or on each before the next "
            "call");
    buckets_[i].is_complete = buckets_[i].is_complete || order < results_;
    while (started_ < buckets_.size() && buckets_[started_].is_complete) start();
    // MPI goes on with what was started only while it is called.
    int is_done = 0;
    if (started_ > 0) check_mpi(MPI_Test(&buckets_[started_ - 1].request, &is_done, MPI_STATUS_IGNORE), "MPI_Test");
  }
  /// Starts the buckets that were not reached, and waits for all.
  void finish() {
    while (started_ < buckets_.size()) start();
    for (Bucket& bucket : buckets_) {
      wait_for(bucket);
      take_averages(bucket);
    }
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      await(i);
      buckets_[i].is_complete = false;
    }
    started_ = 0;
    is_in_pass_ = false;
  }
  /// Notes that a pass has ended without `finish`.
  void break_off() {
    if (!is_in_pass_) return;
    has_failed_ = true;
    is_in_pass_ = false;
    mpi_.mark_failed();
  }

  /// Lets a new node wait for the gradients of bucket `i`.
  void await(std::size_t i) {
    Bucket& bucket = buckets_[i];
    forget_node(bucket);
    const autograd::NodePointer node(new BucketNode(*this, i));
    for (std::size_t k = 0; k < bucket.gradients.size(); ++k)
      bucket.gradients[k].state->awaited_by(node, bucket.slots[k]);
  }

 private:
  void make_buckets(std::vector<Gradient> parameters, std::size_t bucket_bytes) {
    constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::size_t open[2] = {none, none};  // the bucket that gets the next gradient of floats, and of doubles
    for (auto gradient = parameters.rbegin(); gradient != parameters.rend(); ++gradient) {
      std::size_t& bucket = open[gradient->is_double];
      const std::size_t bytes = gradient->size * (gradient->is_double ? sizeof(double) : sizeof(float));
      if (bucket == none || buckets_[bucket].bytes() + bytes > bucket_bytes) {
        bucket = buckets_.size();
        buckets_.emplace_back();
      }
      buckets_[bucket].count += gradient->size + 1;
      buckets_[bucket].gradients.push_back(std::move(*gradient));
    }
    std::size_t bytes = 0;
    for (Bucket& bucket : buckets_) {
      if (bucket.count > INT_MAX)
        raise("DistributedDataParallel: a gradient, or a bucket of them, has more elements than MPI counts");
      bucket.slots.resize(bucket.gradients.size());
      bytes += aligned(bucket.bytes());
    }
    buffer_ = memory::Array<std::byte>(bytes);
    std::byte* next = buffer_.data();
    for (Bucket& bucket : buckets_) bucket.elements = std::exchange(next, next + aligned(bucket.bytes()));
  }
  static constexpr std::size_t aligned(std::size_t bytes) {
    return (bytes + memory::alignment - 1) / memory::alignment * memory::alignment;
  }

  /// Starts to reduce the next bucket.
  void start() {
    Bucket& bucket = buckets_[started_++];
    bucket.with_elements([&]<class T>(T* next) {
      for (const Gradient& gradient : bucket.gradients) {
        gradient.put(next);
        next += gradient.size;
      }
      for (const Gradient& gradient : bucket.gradients) *next++ = T(gradient.was_ever_written(*gradient.state));
    });
    mpi_.count_reduction();
    check_mpi(MPI_Iallreduce(MPI_IN_PLACE, bucket.elements, static_cast<int>(bucket.count),
                             bucket.is_double() ? MPI_DOUBLE : MPI_FLOAT, MPI_SUM, ranks_->handle(), &bucket.request),
              "MPI_Iallreduce");
  }
  /// Waits until a bucket is reduced. Throws tenon::Error if that cannot be.
  void wait_for(Bucket& bucket) {
    for (int is_done = 0;;) {
      check_mpi(MPI_Test(&bucket.request, &is_done, MPI_STATUS_IGNORE), "MPI_Test");
      if (is_done) return;
      mpi_.check_ends();
      std::this_thread::yield();
    }
  }
  /// Makes the gradients those of the bucket; one that no rank has ever had stays as it is, and optimisers leave its
  /// parameter alone.
  void take_averages(Bucket& bucket) {
    bucket.with_elements([&]<class T>(const T* next) {
      const T* has_gradient = next + bucket.count - bucket.gradients.size();
      for (const Gradient& gradient : bucket.gradients) {
        if (*has_gradient++ > 0) gradient.take_average(next, T(mpi_.size()));
        next += gradient.size;
      }
    });
  }
  static void forget_node(Bucket& bucket) {
    for (autograd::OutputSlot& slot : bucket.slots)
      if (autograd::AnyState* const state = std::exchange(slot.state, nullptr)) {
        state->forget_producer();
        if (std::exchange(slot.held, false)) state->let_go(false);
      }
  }

  Communicator& mpi_;
  std::unique_ptr<OwnCommunicator> ranks_;
  std::vector<Bucket> buckets_;
  memory::Array<std::byte> buffer_;
  std::size_t started_ = 0;    // of a pass, how many buckets are on their way
  std::uint64_t results_ = 0;  // and the lowest order of the results that it comes from
  bool is_in_pass_ = false, has_failed_ = false;
};

inline void BucketNode::propagate(autograd::BackwardQueue&) {
  reducer_.reach(bucket_, order());
  let_go();
}
inline void BucketNode::let_go() { reducer_.await(bucket_); }
inline void PassNode::propagate(autograd::BackwardQueue&) {
  reducer_->finish();
  let_go();
}
inline void PassNode::let_go() { reducer_->break_off(); }

}  // namespace tenon::inline TENON_ISA::parallel
