/// \file
/// The device as a place that plans run on: its memory, its maps, and a stage for each operation.
#pragma once

#include <memory>
#include <span>
#include <tenon/plan/kernel.hpp>

#include "functional.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// The stage of an operation on the device: `kernel<X...>` is a plan::KernelTraits, X are the values the operation
/// takes. Specialised in the files of cuda/stage/.
template <class Operation>
struct Stage;

/// Memory of a net, on the device that was current when it was made. A copy has its own.
class Memory {
 public:
  Memory(std::size_t bytes, std::span<std::byte>, const char*)
      : bytes_(static_cast<index_t>(bytes)), elements_(bytes_) {}
  Memory(const Memory& other) : bytes_(other.bytes_), elements_(bytes_, other.elements_.device_id()) {
    if (bytes_ > 0) device::copy(other.elements_.data(), bytes_, elements_.data());
  }
  Memory(Memory&&) noexcept = default;
  Memory& operator=(const Memory&) = delete;
  std::byte* data() const noexcept { return const_cast<std::byte*>(elements_.data()); }
  int device_id() const noexcept { return elements_.device_id(); }

 private:
  index_t bytes_;
  Array<std::byte> elements_;
};

/// Memory of a net that its copies share, since no run writes it.
class SharedMemory {
 public:
  SharedMemory(std::size_t bytes, std::span<std::byte> given, const char* what)
      : memory_(std::make_shared<const Memory>(bytes, given, what)) {}
  std::byte* data() const noexcept { return memory_->data(); }
  int device_id() const noexcept { return memory_->device_id(); }

 private:
  std::shared_ptr<const Memory> memory_;
};

/// The names under which plans find what the device provides. All tensors lie plain, as their shapes say.
struct Backend {
  using place = device;
  template <class T>
  static constexpr index_t lanes = 1;
  template <class T, class S>
  using tensor = tensor_of_t<T, S>;
  template <class Operation>
  using stage = Stage<Operation>;

  /// Copies `x` (rows, size) to rows of `y` that begin `pitch` elements apart.
  template <class T>
  static void copy_rows(index_t rows, index_t size, index_t pitch, const T* x, T* y) {
    cuda::copy_rows(rows, size, pitch, x, y);
  }

  using Memory = cuda::Memory;
  using Weights = SharedMemory;
  /// A run makes the net's device the current one.
  struct Scope {
    explicit Scope(const Weights& weights) { device::select(weights.device_id()); }
  };
};

}  // namespace tenon::inline TENON_ISA::cuda
