/// \file
/// The CPU as a place that plans run on: its memory, its maps, and a stage for each operation.
#pragma once

#include <cstring>
#include <span>

#include "../core/tensor.hpp"
#include "../plan/kernel.hpp"
#include "micro/blocked_layout.hpp"
#include "micro/map.hpp"           // host::map
#include "micro/strided_copy.hpp"  // host::gather

namespace tenon::inline TENON_ISA::cpu {

/// The stage of an operation on the CPU: `kernel<X...>` is a plan::KernelTraits, X are the values the operation takes.
/// Specialised in the files of cpu/stage/.
template <class Operation>
struct Stage;
/// The stage of an operation that remembers earlier pieces of what it is given: `kernel<X>` of the piece X, a value in
/// the layout that it lies in. Specialised in cpu/stage/stream.hpp and cpu/stage/recurrent.hpp.
template <class Operation>
struct TimedStage;

/// Memory of a net, its own or the caller's. A copy always has its own.
class Memory {
 public:
  /// Uses the memory `given`, or allocates `bytes` bytes where its pointer is null. Throws tenon::Error, which calls
  /// the memory `what`, if `given` is too small or not aligned to memory::alignment.
  TENON_COLD Memory(std::size_t bytes, std::span<std::byte> given, const char* what)
      : bytes_(bytes), data_(given.data()) {
    if (!data_)
      allocate();
    else if (given.size() < bytes)
      raise("compile: the " + Text(what) + " has " + to_text(given.size()) + " bytes, wanted " + to_text(bytes));
    else if (const auto beyond = reinterpret_cast<std::uintptr_t>(data_) % memory::alignment)
      raise("compile: the " + Text(what) + " begins " + to_text(beyond) + " bytes beyond a multiple of " +
            to_text(memory::alignment) + ", wanted 0");
  }
  Memory(const Memory& other) : bytes_(other.bytes_) {
    allocate();
    if (bytes_ > 0) std::memcpy(data_, other.data_, bytes_);
  }
  Memory(Memory&&) noexcept = default;
  Memory& operator=(const Memory&) = delete;
  std::byte* data() const noexcept { return data_; }

 private:
  void allocate() {
    own_ = memory::Array<std::byte>(bytes_);
    data_ = own_.data();
  }

  std::size_t bytes_;
  std::byte* data_ = nullptr;
  memory::Array<std::byte> own_;
};

/// A kernel that copies a blocked image to a plain one.
template <class T, index_t Batch, index_t Channels, index_t Pixels, class From>
struct ToPlain : plan::KernelTraits {
  static constexpr std::string_view name = "blocked to plain";
  using reads = From;
  static void run(const plan::Call& call) noexcept {
    micro::blocked_to_plain<T>(Batch, Channels, Pixels, call.in<T>(), call.out<T>());
  }
};
/// A kernel that copies a plain image to a blocked one.
template <class T, index_t Batch, index_t Channels, index_t Pixels>
struct ToBlocked : plan::KernelTraits {
  static constexpr std::string_view name = "plain to blocked";
  using writes = plan::Blocked;
  static void run(const plan::Call& call) noexcept {
    micro::plain_to_blocked<T>(Batch, Channels, Pixels, call.in<T>(), call.out<T>());
  }
};

namespace detail {
template <class T, class S, class From, class To>
struct Conversion;
template <class T, class S>
struct Conversion<T, S, plan::Blocked, plan::Plain> {
  using type = ToPlain<T, plan::Image<S>::batch, plan::Image<S>::channels, plan::Image<S>::pixels, plan::Blocked>;
};
template <class T, class S, index_t Channels, index_t Pixels>
struct Conversion<T, S, plan::FlattenedBlocked<Channels, Pixels>, plan::Plain> {
  using type = ToPlain<T, S::dims[0], Channels, Pixels, plan::FlattenedBlocked<Channels, Pixels>>;
};
template <class T, class S>
struct Conversion<T, S, plan::Plain, plan::Blocked> {
  using type = ToBlocked<T, plan::Image<S>::batch, plan::Image<S>::channels, plan::Image<S>::pixels>;
};
}  // namespace detail

/// The names under which plans find what the CPU provides.
struct Backend {
  using place = host;
  /// Channels per block of a blocked image.
  template <class T>
  static constexpr index_t lanes = micro::lanes<T>;
  template <class T, class S>
  using tensor = tensor_of_t<T, S>;
  template <class Operation>
  using stage = Stage<Operation>;
  template <class Operation>
  using timed_stage = TimedStage<Operation>;
  template <class T, class S, class From, class To>
  using conversion = typename detail::Conversion<T, S, From, To>::type;

  /// Copies `x` (rows, size) to rows of `y` that begin `pitch` elements apart.
  template <class T>
  static void copy_rows(index_t rows, index_t size, index_t pitch, const T* x, T* y) noexcept {
    for (index_t row = 0; row < rows; ++row) std::copy_n(x + row * size, size, y + row * pitch);
  }

  using Memory = cpu::Memory;
  using Weights = cpu::Memory;
  struct Scope {
    constexpr explicit Scope(const Weights&) noexcept {}
  };
};

}  // namespace tenon::inline TENON_ISA::cpu
