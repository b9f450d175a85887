/// \file
/// The random numbers of initialisation and dropout: one generator per thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>

#include "isa.hpp"

namespace tenon::inline TENON_ISA {

/// The engine of `generator()`: a std::mt19937_64, whose code is part of the members here. The standard library's own
/// would be shared by units that are compiled for different instruction sets.
class Generator : public std::mt19937_64 {
 public:
  TENON_FLATTEN Generator() {}
  TENON_FLATTEN result_type operator()() { return std::mt19937_64::operator()(); }
  using std::mt19937_64::seed;
  TENON_FLATTEN void seed(result_type value = default_seed) { std::mt19937_64::seed(value); }
};

namespace detail {

/// Returns the seed of stream `number` of `seed`: the splitmix64 generator's output after `number` + 1 steps. No two
/// streams of one seed have the same.
constexpr std::uint64_t stream_seed(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t z = seed + (number + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

/// The numbers of all threads, and the seed that they follow. A thread keeps its number as long as it lives. A number
/// whose thread has ended is given away again only after the next `manual_seed`, so that no thread repeats what another
/// one drew.
class ThreadNumbers {
 public:
  /// A number, and the thread that has it while `alive`.
  struct Holder {
    std::uint64_t number;
    bool alive = true;
    Holder* next = nullptr;
  };

  /// Returns a number that changes with every `manual_seed`.
  unsigned epoch() const noexcept { return epoch_.load(std::memory_order_relaxed); }

  /// Gives the calling thread the smallest number that none has, nor has had since the last `manual_seed`.
  Holder* enter() {
    auto* holder = new Holder{0};  // outside of the lock, since it may throw
    const Lock lock(busy_);
    while (has(unused_)) ++unused_;
    holder->number = unused_++;
    holder->next = std::exchange(holders_, holder);
    return holder;
  }
  void leave(Holder* holder) noexcept {
    const Lock lock(busy_);
    holder->alive = false;
    if (holder->number < unused_) remove_ended();
  }

  /// Makes every thread follow `seed` from now on. Returns the new epoch.
  unsigned follow(std::uint64_t seed) noexcept {
    const Lock lock(busy_);
    seed_ = seed;
    unused_ = 0;
    by_hand_ = true;
    remove_ended();
    epoch_.store(epoch() + 1, std::memory_order_relaxed);
    return epoch();
  }

  /// Returns the seed of the thread with `number` in this epoch, and writes the epoch to `epoch`.
  std::uint64_t seed_of(std::uint64_t number, unsigned& epoch) noexcept {
    const Lock lock(busy_);
    epoch = this->epoch();
    return by_hand_ || number != 0 ? stream_seed(seed_, number) : seed_;
  }

 private:
  /// A spinning lock. It is held for a few instructions, when a thread begins, ends or takes a new seed.
  class Lock {
   public:
    explicit Lock(std::atomic_flag& busy) noexcept : busy_(busy) {
      while (busy_.test_and_set(std::memory_order_acquire)) {
      }
    }
    ~Lock() { busy_.clear(std::memory_order_release); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    std::atomic_flag& busy_;
  };

  bool has(std::uint64_t number) const noexcept {
    for (const Holder* holder = holders_; holder; holder = holder->next)
      if (holder->number == number) return true;
    return false;
  }
  /// Forgets ended threads whose numbers are given away already (below `unused_`) or may be given away (all, at 0).
  void remove_ended() noexcept {
    for (Holder** link = &holders_; *link;) {
      Holder* const holder = *link;
      if (!holder->alive && (unused_ == 0 || holder->number < unused_)) {
        *link = holder->next;
        delete holder;
      } else {
        link = &holder->next;
      }
    }
  }

  std::atomic_flag busy_;
  std::atomic<unsigned> epoch_ = 1;
  std::uint64_t seed_ = std::mt19937_64::default_seed;
  std::uint64_t unused_ = 0;  // smaller numbers are taken, or were in this epoch
  bool by_hand_ = false;      // whether a manual_seed set seed_
  Holder* holders_ = nullptr;
};
inline constinit ThreadNumbers thread_numbers;

/// The generator of one thread.
class ThreadGenerator {
 public:
  ThreadGenerator() : holder_(thread_numbers.enter()), number_(holder_->number) {}
  ~ThreadGenerator() { thread_numbers.leave(holder_); }
  ThreadGenerator(const ThreadGenerator&) = delete;
  ThreadGenerator& operator=(const ThreadGenerator&) = delete;

  Generator& get() {
    if (epoch_ != thread_numbers.epoch()) [[unlikely]]
      engine_.seed(thread_numbers.seed_of(number_, epoch_));
    return engine_;
  }
  void seed(std::uint64_t value) {
    epoch_ = thread_numbers.follow(value);
    engine_.seed(value);
  }

  /// Returns the calling thread's generator.
  static ThreadGenerator& instance() {
    static TENON_THREAD_LOCAL ThreadGenerator generator;
    return generator;
  }

 private:
  ThreadNumbers::Holder* holder_;
  std::uint64_t number_;  // the holder's, which outlives it where a thread draws in its last moments
  unsigned epoch_ = 0;    // whose seed engine_ follows
  Generator engine_;
};

}  // namespace detail

namespace detail {
/// What `generator()` is in a GeneratorScope of the calling thread; else null.
inline TENON_THREAD_LOCAL constinit Generator* lent_generator = nullptr;
}  // namespace detail

/// A scope in which the calling thread draws from another generator than its own.
class GeneratorScope {
 public:
  explicit GeneratorScope(Generator& generator) noexcept : before_(std::exchange(detail::lent_generator, &generator)) {}
  GeneratorScope(const GeneratorScope&) = delete;
  GeneratorScope& operator=(const GeneratorScope&) = delete;
  ~GeneratorScope() { detail::lent_generator = before_; }

 private:
  Generator* before_;
};

/// Returns the calling thread's generator. Threads are numbered from 0 in the order in which they first ask for it (or
/// call `manual_seed`), and each draws from a stream of its own. Ask for it again after a `manual_seed`, do not keep
/// it.
///
///     tenon::manual_seed(1);
///     const double drawn = std::uniform_real_distribution<>()(tenon::generator());
inline Generator& generator() {
  return detail::lent_generator ? *detail::lent_generator : detail::ThreadGenerator::instance().get();
}

/// Makes all random numbers that follow repeatable: seeds the calling thread's generator with exactly `seed`, and every
/// other thread's, when it next draws, with the stream of `seed` that has the thread's number. A thread keeps its
/// number while it lives; after a `manual_seed`, new threads get the numbers of those that have ended.
inline void manual_seed(std::uint64_t seed) { detail::ThreadGenerator::instance().seed(seed); }

namespace detail {
inline TENON_THREAD_LOCAL bool initialize_parameters = true;
}

/// A scope in which layers made on this thread leave their parameters unset, because they are about to be filled.
class WithoutInitialization {
 public:
  WithoutInitialization() : before_(std::exchange(detail::initialize_parameters, false)) {}
  ~WithoutInitialization() { detail::initialize_parameters = before_; }
  WithoutInitialization(const WithoutInitialization&) = delete;
  WithoutInitialization& operator=(const WithoutInitialization&) = delete;

 private:
  bool before_;
};

/// Fills `elements` (count) from the uniform distribution over [0, 1).
template <class T>
void draw_uniform(T* elements, std::size_t count) {
  std::uniform_real_distribution<T> distribution;
  Generator& engine = generator();
  for (std::size_t i = 0; i < count; ++i) elements[i] = distribution(engine);
}

namespace detail {
/// Fills `elements` (count) from `distribution`; in a WithoutInitialization, does nothing.
template <class Distribution, class T>
void draw(Distribution distribution, T* elements, std::size_t count) {
  if (!initialize_parameters) return;
  Generator& engine = generator();
  for (std::size_t i = 0; i < count; ++i) elements[i] = distribution(engine);
}
}  // namespace detail

/// Fills `tensor` from the uniform distribution over [-bound, bound).
template <class Tensor>
void fill_uniform(Tensor& tensor, double bound) {
  using T = typename Tensor::value_type;
  detail::draw(std::uniform_real_distribution<T>(static_cast<T>(-bound), static_cast<T>(bound)), tensor.data(),
               tensor.size());
}

/// Fills `tensor` from the normal distribution of mean 0 and standard deviation 1.
template <class Tensor>
void fill_normal(Tensor& tensor) {
  detail::draw(std::normal_distribution<typename Tensor::value_type>(), tensor.data(), tensor.size());
}

}  // namespace tenon::inline TENON_ISA
