/// \file
/// The replicas of a module: one for each device but the first, which works on the module itself.
///
/// What may run in which thread rests on this. The calling thread brings the replicas up to date before the others
/// begin, and adds up what they have computed after the last has ended; oneTBB orders both. Between, device 0 works on
/// the module in the calling thread, and every other device on its replica, its parts of the inputs and results, and
/// disjoint parts of tensors that the calling thread has made. A record is thus worked on by one thread after the
/// other. What tenon keeps for each thread is lent to whichever thread a device's task runs in: free memory and random
/// numbers belong to the replica (`Replica::Scope`), the queue of a backward pass to the device, and whether a net is
/// being planned is passed on.
#pragma once

#include <tbb/info.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/memory.hpp"
#include "../core/random.hpp"
#include "../nn/module.hpp"

namespace tenon::inline TENON_ISA::parallel {

/// Calls `f` for `module`, for every member that it names, and so on in the modules among them.
template <class M, class F>
void visit_parts(M& module, F&& f) {
  f(module);
  nn::for_each_member(module, [&](const char*, auto& member) {
    if constexpr (nn::is_module<std::remove_cvref_t<decltype(member)>>)
      visit_parts(member, f);
    else
      f(member);
  });
}

/// Makes `part` of a module what the same part of another one is, but for its gradient.
template <class Part>
void follow(Part& part, const Part& other) {
  if constexpr (nn::is_module<Part>) {
    part.set_training(other.is_training());
    if constexpr (requires { part.carried(); }) part.carried() = other.carried();
  } else if constexpr (is_parameter<Part>) {
    part.requires_grad(other.requires_grad());
    // A record of an earlier call may still need the value: it is only overwritten where that would be an error in the
    // module as well.
    const auto& value = other.data();
    if (std::memcmp(part.data().data(), value.data(), value.size() * sizeof *value.data()) != 0)
      part.overwrite() = value;
  } else if constexpr (std::is_copy_assignable_v<Part>) {
    part = other;
  }
}

/// A replica of a module.
template <class Model>
class Replica {
 public:
  explicit Replica(const Model& original) : module_(original) {}

  /// Brings the module up to date with `original`. `addresses` is kept for its memory.
  void update(const Model& original, List<const void*>& addresses) {
    addresses.clear();
    visit_parts(original, [&](const auto& part) { addresses.push_back(&part); });
    visit_parts(module_, [next = addresses.begin()]<class Part>(Part& part) mutable {
      follow(part, *static_cast<const Part*>(*next++));
    });
  }
  void seed(std::uint64_t value) { generator_.seed(value); }

  Model& module() noexcept { return module_; }
  autograd::BackwardQueue& queue() noexcept { return queue_; }

  /// Takes over a value whose record nobody walked, until the next task of this replica releases it: its memory is the
  /// replica's.
  void drop(autograd::AnyStatePointer&& state) {
    if (state) dropped_.push_back(std::move(state));
  }

  /// A scope in which the calling thread works for this replica.
  class Scope {
   public:
    Scope(Replica& replica, bool evaluates)
        : blocks_(replica.blocks_),
          generator_(replica.generator_),
          evaluated_(std::exchange(nn::detail::evaluates, evaluates)) {
      replica.dropped_.clear();
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { nn::detail::evaluates = evaluated_; }

   private:
    memory::Blocks::Scope blocks_;
    GeneratorScope generator_;
    bool evaluated_;
  };

 private:
  memory::Blocks blocks_;
  Generator generator_;
  Model module_;
  autograd::BackwardQueue queue_;
  std::vector<autograd::AnyStatePointer> dropped_;
};

/// The replicas of a module for `Devices` devices, and the threads that they run in.
template <class Model, std::size_t Devices>
class Replicas {
 public:
  static constexpr std::size_t devices = Devices;

  explicit Replicas(const Model& original)
      : arena_(std::min(static_cast<int>(Devices), tbb::info::default_concurrency())) {
    for (auto& replica : replicas_) replica = std::make_unique<Replica<Model>>(original);
    nn::for_each_tensor(original, [this]<class Member>(const Member&) { parameter_count_ += is_parameter<Member>; });
  }

  /// Brings the replicas up to date with `original`. Their random numbers follow from those that the calling thread's
  /// generator would give next, and which device 0 will draw: no two calls in which anything is drawn have the same.
  void update(const Model& original) {
    Generator ahead = generator();
    const std::uint64_t seed = ahead();
    for (std::size_t device = 1; device < Devices; ++device) {
      replica(device).update(original, addresses_);
      replica(device).seed(tenon::detail::stream_seed(seed, device));
    }
  }

  /// Calls `f(device)` for every device at once: for device 0 in the calling thread. Throws what one of them throws,
  /// when all have ended.
  template <class F>
  void run(const F& f) {
    // These order what oneTBB orders as well: its library is not compiled for the thread sanitizer, which learns it
    // here.
    std::atomic<bool> has_begun = false;
    std::atomic<std::size_t> ended = 0;
    arena_.execute([&] {
      // Other threads round and flush as the calling one does.
      tbb::task_group_context context(tbb::task_group_context::isolated, tbb::task_group_context::fp_settings);
      tbb::task_group tasks(context);
      has_begun.store(true, std::memory_order_release);
      for (std::size_t device = 1; device < Devices; ++device)
        tasks.run([this, &f, &has_begun, &ended, device, evaluates = nn::detail::evaluates] {
          (void)has_begun.load(std::memory_order_acquire);
          {
            const typename Replica<Model>::Scope scope(replica(device), evaluates);
            f(device);
          }
          ended.fetch_add(1, std::memory_order_release);
        });
      // Several devices may throw, and all are waited for before one of that goes on.
      const std::exception_ptr own = thrown_by([&] { f(0); });
      const std::exception_ptr of_others = thrown_by([&] { tasks.wait(); });
      (void)ended.load(std::memory_order_acquire);
      if (own) std::rethrow_exception(own);
      if (of_others) std::rethrow_exception(of_others);
    });
  }

  /// The replica of a device other than 0.
  Replica<Model>& replica(std::size_t device) noexcept { return *replicas_[device - 1]; }
  autograd::BackwardQueue& queue(std::size_t device) noexcept { return device > 0 ? replica(device).queue() : queue_; }
  std::size_t parameter_count() const noexcept { return parameter_count_; }

 private:
  /// Calls `f`, and returns what it throws.
  template <class F>
  static std::exception_ptr thrown_by(F&& f) {
#if defined(__cpp_exceptions)
    try {
      f();
    } catch (...) {
      return std::current_exception();
    }
#else
    f();
#endif
    return nullptr;
  }

  std::array<std::unique_ptr<Replica<Model>>, Devices - 1> replicas_;
  autograd::BackwardQueue queue_;  // of device 0: the one of its thread is at work on what comes after
  List<const void*> addresses_;
  std::size_t parameter_count_ = 0;
  tbb::task_arena arena_;
};

/// The replicas of a module, made when they are first asked for. A copy has none yet, and what is assigned to lets go
/// of its own: a module may hold more than it names.
template <class Model, std::size_t Devices>
class ReplicasPointer {
 public:
  using pointer = std::shared_ptr<Replicas<Model, Devices>>;

  ReplicasPointer() = default;
  ReplicasPointer(const ReplicasPointer&) noexcept {}
  ReplicasPointer(ReplicasPointer&&) noexcept = default;
  ReplicasPointer& operator=(const ReplicasPointer&) noexcept {
    replicas_.reset();
    return *this;
  }
  ReplicasPointer& operator=(ReplicasPointer&&) noexcept {
    replicas_.reset();
    return *this;
  }
  ~ReplicasPointer() = default;

  /// Returns the replicas, up to date with `original`.
  const pointer& of(const Model& original) {
    if (!replicas_) replicas_ = std::make_shared<Replicas<Model, Devices>>(original);
    replicas_->update(original);
    return replicas_;
  }

 private:
  pointer replicas_;
};

}  // namespace tenon::inline TENON_ISA::parallel
