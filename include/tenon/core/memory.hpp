/// \file
/// Recycled memory for tensors and graph nodes, so that a warm training step allocates nothing.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <limits>
#include <new>
#include <utility>

#include "isa.hpp"

namespace tenon::inline TENON_ISA::memory {

inline constexpr std::size_t alignment = 64;

namespace detail {

// There are four size classes per power of two: a block is at most a quarter larger than asked for.
constexpr std::size_t size_class(std::size_t bytes) {
  const std::size_t lines = (bytes + alignment - 1) / alignment;
  if (lines <= 4) return lines;
  const int leading_zeros = std::countl_zero(lines - 1);
  const auto exponent = static_cast<std::size_t>(std::numeric_limits<std::size_t>::digits - 3 - leading_zeros);
  return 4 * exponent + ((lines - 1) >> exponent) + 1;
}

constexpr std::size_t class_bytes(std::size_t size_class) {
  if (size_class <= 4) return size_class * alignment;
  const std::size_t exponent = (size_class - 5) / 4, mantissa = size_class - 1 - 4 * exponent;
  return ((mantissa + 1) << exponent) * alignment;
}

struct FreeBlock {
  FreeBlock* next;
};

/// The free lists of one thread. A block joins the lists of the thread that frees it.
struct FreeLists {
  static constexpr std::size_t limit = std::size_t{1} << 30;  // bytes kept; more goes back to the system

  std::array<FreeBlock*, 4 * 60> heads{};
  std::size_t kept = 0;
  bool closed = false;

  void clear() noexcept {
    for (FreeBlock*& head : heads)
      while (head) ::operator delete(std::exchange(head, head->next), std::align_val_t{alignment});
    kept = 0;
  }
};

// Trivially destructible, so that it serves tensors that are destroyed after it in a thread's or program's last
// moments.
inline TENON_THREAD_LOCAL constinit FreeLists free_lists;

struct ClosesFreeLists {
  ~ClosesFreeLists() {
    free_lists.clear();
    free_lists.closed = true;
  }
};
inline TENON_THREAD_LOCAL ClosesFreeLists closes_free_lists;

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool recycle = false;  // a recycled block would hide a use after free
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool recycle = false;
#else
inline constexpr bool recycle = true;
#endif
#else
inline constexpr bool recycle = true;
#endif

}  // namespace detail

/// Returns a block of at least `bytes` bytes, 64-byte aligned, contents undefined.
inline void* acquire(std::size_t bytes) {
  const std::size_t index = detail::size_class(bytes ? bytes : 1);
  if constexpr (detail::recycle) {
    if (detail::FreeBlock*& head = detail::free_lists.heads[index]) {
      detail::FreeBlock* block = head;
      head = block->next;
      detail::free_lists.kept -= detail::class_bytes(index);
      return block;
    }
  }
  return ::operator new(detail::class_bytes(index), std::align_val_t{alignment});
}

/// Gives back the block that `acquire(bytes)` returned, with the same `bytes`.
inline void release(void* pointer, std::size_t bytes) noexcept {
  const std::size_t index = detail::size_class(bytes ? bytes : 1), size = detail::class_bytes(index);
  if constexpr (detail::recycle) {
    detail::FreeLists& lists = detail::free_lists;
    if (!lists.closed && lists.kept + size <= detail::FreeLists::limit) {
      (void)&detail::closes_free_lists;  // constructed on this thread's first release
      lists.heads[index] = ::new (pointer) detail::FreeBlock{lists.heads[index]};
      lists.kept += size;
      return;
    }
  }
  ::operator delete(pointer, std::align_val_t{alignment});
}

/// Returns this thread's recycled blocks to the system.
inline void release_cached() noexcept { detail::free_lists.clear(); }

/// Recycled blocks that belong to a task, whichever threads it runs in: what it frees in one of them, it finds again in
/// another. They go back to the system with this.
class Blocks {
 public:
  Blocks() = default;
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;
  ~Blocks() { lists_.clear(); }

  /// A scope in which the calling thread takes blocks from here, and gives them back here, in place of its own lists.
  class Scope {
   public:
    explicit Scope(Blocks& blocks) noexcept : blocks_(blocks) { std::swap(blocks_.lists_, detail::free_lists); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { std::swap(blocks_.lists_, detail::free_lists); }

   private:
    Blocks& blocks_;
  };

 private:
  detail::FreeLists lists_;
};

/// An array in recycled memory, of a size known at run time; its elements are not initialised.
template <class T>
class Array {
 public:
  Array() = default;
  explicit Array(std::size_t size) : elements_(static_cast<T*>(acquire(size * sizeof(T)))), size_(size) {}
  Array(Array&& other) noexcept
      : elements_(std::exchange(other.elements_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Array& operator=(Array&& other) noexcept {
    std::swap(elements_, other.elements_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Array() {
    if (elements_) release(elements_, size_ * sizeof(T));
  }
  T* data() noexcept { return elements_; }
  const T* data() const noexcept { return elements_; }
  std::size_t size() const noexcept { return size_; }
  T& operator[](std::size_t i) noexcept { return elements_[i]; }
  const T& operator[](std::size_t i) const noexcept { return elements_[i]; }

 private:
  T* elements_ = nullptr;
  std::size_t size_ = 0;
};

/// The base of classes whose objects lie in recycled memory.
struct Recycled {
  static void* operator new(std::size_t bytes) { return acquire(bytes); }
  static void operator delete(void* pointer, std::size_t bytes) noexcept { release(pointer, bytes); }
};

}  // namespace tenon::inline TENON_ISA::memory
