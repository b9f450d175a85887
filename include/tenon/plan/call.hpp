/// \file
/// The arguments of a stage's functions: a Call when a net runs, a Source when the net is made.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/shape.hpp"

namespace tenon::inline TENON_ISA::plan {

/// A view of constants elsewhere. (A std::span would do, but its constructors take compilers long, and so do its
/// iterators in each evaluation of a constant expression.)
template <class T>
struct Constants {
  const T* first = nullptr;
  std::size_t count = 0;
  constexpr const T& operator[](std::size_t i) const { return first[i]; }
  constexpr const T* begin() const { return first; }
  constexpr const T* end() const { return first + count; }
};

/// A place in memory while a net runs: `offset` bytes into one of the net's memories.
struct Location {
  /// The memories. From `first_argument` on they are the inputs of a call, then the tensors for its results.
  enum Base : std::uint32_t { nowhere, workspace, weights, state, first_argument };
  std::uint32_t base = nowhere;
  std::size_t offset = 0;
};

class Call;
/// A function that computes a stage.
using Run = void (*)(const Call& call) noexcept;

/// A stage of a finished plan, as a program runs it.
struct Step {
  Run run = nullptr;
  /// The first of its ports, which are packed weights, scratch memory, state, then the inputs, then the outputs.
  std::uint32_t first_port = 0, inputs = 0;
  std::array<double, 2> numbers{};
};

/// The ports of a stage, typed: the memory that it reads, writes and keeps.
class Call {
 public:
  constexpr Call(const Step& step, std::byte* const* ports) : step_(&step), ports_(ports + step.first_port) {}
  /// Makes a call like `other` on `ports`, a changed copy of its own.
  constexpr Call(const Call& other, std::byte* const* ports) : step_(other.step_), ports_(ports) {}

  /// Returns the ports of a call of one output and up to `Inputs` inputs: packed weights, scratch memory, state, the
  /// inputs, the output.
  template <std::size_t Inputs>
  std::array<std::byte*, Inputs + 4> copy_ports() const noexcept {
    std::array<std::byte*, Inputs + 4> ports{};
    std::copy_n(ports_, step_->inputs + 4, ports.begin());
    return ports;
  }

  /// Returns the elements of input `i`, in the layout that the kernel `reads`. An output may lie over them only where
  /// the kernel says so (`in_place`).
  template <class T>
  const T* in(std::size_t i = 0) const noexcept {
    return reinterpret_cast<const T*>(ports_[3 + i]);
  }
  /// Returns where the elements of output `i` go, in the layout that the kernel `writes`; null if nobody reads them.
  template <class T>
  T* out(std::size_t i = 0) const noexcept {
    return reinterpret_cast<T*>(ports_[3 + step_->inputs + i]);
  }
  /// Returns the `packed_bytes` that the stage's `pack` wrote, as weights of type `W`.
  template <class W>
  const W* packed() const noexcept {
    return reinterpret_cast<const W*>(ports_[0]);
  }
  /// Returns the stage's `scratch_bytes` of memory, its own during this call.
  template <class T>
  T* scratch() const noexcept {
    return reinterpret_cast<T*>(ports_[1]);
  }
  /// Returns the stage's `state_bytes` of memory that survives calls; zeros at first and after `reset()`.
  template <class T>
  T* state() const noexcept {
    return reinterpret_cast<T*>(ports_[2]);
  }
  /// Returns a number that the operation was given at run time, such as the 2 of `2 * x`.
  double number(std::size_t i = 0) const noexcept { return step_->numbers[i]; }

 private:
  const Step* step_;
  std::byte* const* ports_;
};

/// The tensors that a stage's weights are packed from; they are read once, when the net is made.
struct Source {
  /// The elements of each parameter of the layer.
  const void* const* parameters = nullptr;
  /// Weight, bias, mean and variance, each (channels), of a batch normalization in evaluation mode that the stage has
  /// taken in or that it is itself; null if there is none. Weight and bias may each be null.
  const void* const* normalization = nullptr;
  double eps = 0;  // of the normalization

  /// Returns the elements of parameter `i` of the layer, in the order of its arguments; null if it is left out.
  template <class T>
  const T* parameter(std::size_t i) const {
    return static_cast<const T*>(parameters[i]);
  }
};

/// A function that writes a stage's packed weights, `packed_bytes` bytes at `packed`.
using Pack = void (*)(const Source& source, std::byte* packed);

/// The report of a stage that reads indices on its last run: the position of the first index outside its range, or -1,
/// and that index. It lies at the beginning of the stage's scratch memory, which is the stage's alone until the next
/// call.
struct IndexReport {
  index_t position = -1;
  std::int64_t found = 0;
};

}  // namespace tenon::inline TENON_ISA::plan
