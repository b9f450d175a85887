/// \file
/// The properties of a backend's kernels, and the choice of one of several.
#pragma once

#include <algorithm>

#include "value.hpp"

namespace tenon::inline TENON_ISA::plan {

/// The base of kernels, which compute stages. A kernel hides those of these members that are different in it, and has
/// one of
///
///     static void run(const Call& call) noexcept;
///     template <class Function> static void run(const Call& call) noexcept;   // with `takes_functions`
struct KernelTraits {
  static constexpr std::string_view name = "";
  /// The reasons why the kernels before it in a list do not compute the operation.
  static constexpr Constants<Refusal> refusals{};
  /// The layouts of all inputs and of all outputs.
  using reads = Plain;
  using writes = Plain;

  /// Whether it takes in pointwise functions behind it, as a template argument of `run`.
  static constexpr bool takes_functions = false;
  /// Whether the function may be an AddThen, whose operand is one more input, laid out as the output.
  static constexpr bool adds = false;
  /// The channels of a batch normalization that `pack` folds into the weights; 0 if it does not.
  static constexpr index_t folds_channels = 0;
  /// The number of first inputs over one of which the first output may lie, element by element.
  static constexpr int in_place = 0;
  /// The bytes of the first output that a call writes, where other stages write the rest; 0 for all of it.
  static constexpr std::size_t written_bytes = 0;

  /// The bytes of the packed weights, which `static void pack(const Source& source, std::byte* packed)` writes.
  static constexpr std::size_t packed_bytes = 0;
  /// The bytes of memory that a call needs.
  static constexpr std::size_t scratch_bytes = 0;
  /// The bytes of memory that survives calls.
  static constexpr std::size_t state_bytes = 0;
  /// The name in errors of a stage that leaves an IndexReport at the beginning of its scratch memory.
  static constexpr std::string_view index_reader = "";
  /// The least index that is too large for such a stage.
  static constexpr index_t index_limit = 0;
};

/// The properties of `Kernel` as a value.
template <class Kernel>
inline constexpr KernelInfo info_of = [] {
  KernelInfo info{Kernel::name,          Kernel::refusals,    nullptr,          Kernel::packed_bytes,
                  Kernel::scratch_bytes, Kernel::state_bytes, Kernel::in_place, Kernel::written_bytes,
                  Kernel::index_reader,  Kernel::index_limit};
  if constexpr (Kernel::packed_bytes > 0) info.pack = &Kernel::pack;
  if (info.reports() && info.scratch_bytes < sizeof(IndexReport)) info.scratch_bytes = sizeof(IndexReport);
  return info;
}();

/// The answer whether a kernel computes an operation.
struct Acceptance {
  std::string_view reason = "";  // why not; empty if it does
  constexpr explicit operator bool() const { return reason.empty(); }
};
inline constexpr Acceptance accepted{};

/// An ordered list of kernels: the first that accepts `Problem::value` is taken. Each has a `name` and
///
///     static constexpr Acceptance accepts(const decltype(Problem::value)& problem);
template <class Problem, class... Choices>
struct FirstAccepting {
  static constexpr std::size_t position = [] {
    constexpr std::array<bool, sizeof...(Choices)> accept{static_cast<bool>(Choices::accepts(Problem::value))...};
    return static_cast<std::size_t>(std::find(accept.begin(), accept.end(), true) - accept.begin());
  }();
  static_assert(position < sizeof...(Choices), "the last kernel of a list accepts everything");
  using type = std::tuple_element_t<position, std::tuple<Choices...>>;
  static constexpr std::array<Refusal, sizeof...(Choices)> all{
      Refusal{Choices::name, Choices::accepts(Problem::value).reason}...};
  static constexpr Constants<Refusal> refusals{all.data(), position};
};

}  // namespace tenon::inline TENON_ISA::plan
