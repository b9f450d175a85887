/// \file
/// What the function of a stage is given when a net runs, and what it is given when the net is made.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/shape.hpp"

namespace tenon::inline TENON_ISA::plan {

/// Constants somewhere else. (A std::span would do, whose constructors take compilers long, and whose iterators each
/// evaluation of a constant expression.)
template <class T>
struct Constants {
  const T* first = nullptr;
  std::size_t count = 0;
  constexpr const T& operator[](std::size_t i) const { return first[i]; }
  constexpr const T* begin() const { return first; }
  constexpr const T* end() const { return first + count; }
};

/// Where something lies while a net runs: `offset` bytes into one of the net's memories.
struct Location {
  /// From `first_argument` on: the inputs of a call, then the tensors its results go to.
  enum Base : std::uint32_t { nowhere, workspace, weights, state, first_argument };
  std::uint32_t base = nowhere;
  std::size_t offset = 0;
};

class Call;
/// Computes a stage.
using Run = void (*)(const Call& call) noexcept;

/// A stage of a finished plan.
struct Step {
  Run run = nullptr;
  /// Of its ports: packed weights, scratch memory and state, then the inputs, then the outputs.
  std::uint32_t first_port = 0, inputs = 0;
  std::array<double, 2> numbers{};
};

/// The ports of a stage, typed: what it reads, writes and remembers.
class Call {
 public:
  constexpr Call(const Step& step, std::byte* const* ports) : step_(&step), ports_(ports + step.first_port) {}

  /// The elements of input `i`. An output may lie over it only where the kernel says so (`in_place`).
  template <class T>
  const T* in(std::size_t i = 0) const noexcept {
    return reinterpret_cast<const T*>(ports_[3 + i]);
  }
  /// Where the elements of output `i` go; null of one that nobody reads.
  template <class T>
  T* out(std::size_t i = 0) const noexcept {
    return reinterpret_cast<T*>(ports_[3 + step_->inputs + i]);
  }
  /// What the stage's `pack` wrote, as weights of type `W`.
  template <class W>
  const W* packed() const noexcept {
    return reinterpret_cast<const W*>(ports_[0]);
  }
  /// Memory of the stage's own during this call.
  template <class T>
  T* scratch() const noexcept {
    return reinterpret_cast<T*>(ports_[1]);
  }
  /// Memory of the stage's own that survives calls; zeros at first and after `reset()`.
  template <class T>
  T* state() const noexcept {
    return reinterpret_cast<T*>(ports_[2]);
  }
  /// A number that the operation was given at run time, such as the 2 of `2 * x`.
  double number(std::size_t i = 0) const noexcept { return step_->numbers[i]; }

 private:
  const Step* step_;
  std::byte* const* ports_;
};

/// What a stage's weights are packed from; the tensors are read once, when the net is made.
struct Source {
  const void* const* parameters = nullptr;
  /// Weight, bias, mean and variance (channels) of a batch normalization in evaluation mode, which was taken in or
  /// which the stage itself is; null if there is none.
  const void* const* normalization = nullptr;
  double eps = 0;  // of the normalization

  /// The elements of parameter `i` of the layer, in the order of its arguments; null of one that is left out.
  template <class T>
  const T* parameter(std::size_t i) const {
    return static_cast<const T*>(parameters[i]);
  }
};

/// Writes a stage's packed weights.
using Pack = void (*)(const Source& source, std::byte* packed);

/// What a stage that reads indices tells of its last run: the position of the first one outside its range, or -1. It
/// lies at the beginning of the stage's scratch memory, which is the stage's alone until the next call.
struct IndexReport {
  index_t position = -1;
  std::int64_t found = 0;
};

}  // namespace tenon::inline TENON_ISA::plan
