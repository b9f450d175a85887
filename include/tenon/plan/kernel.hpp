/// \file
/// What a backend says of its kernels, and how one of several is chosen.
#pragma once

#include <algorithm>

#include "value.hpp"

namespace tenon::inline TENON_ISA::plan {

/// Base of what computes a stage. A kernel hides of these what is different in it, and has one of
///
///     static void run(const Call& call) noexcept;
///     template <class Function> static void run(const Call& call) noexcept;   // with `takes_functions`
struct KernelTraits {
  static constexpr std::string_view name = "";
  /// Why the kernels before it in a list do not compute the operation.
  static constexpr Constants<Refusal> refusals{};
  /// The layouts of all inputs and of all outputs.
  using reads = Plain;
  using writes = Plain;

  /// Whether pointwise functions behind it are a template argument of `run`.
  static constexpr bool takes_functions = false;
  /// Whether that may be an AddThen, whose operand is one input more, laid out as the output.
  static constexpr bool adds = false;
  /// The channels of a batch normalization that `pack` folds into the weights; 0 if it does not.
  static constexpr index_t folds_channels = 0;
  /// The first output may lie over one of so many first inputs, element by element.
  static constexpr int in_place = 0;
  /// Of the first output, where others write the rest; 0 if a call writes all of it.
  static constexpr std::size_t written_bytes = 0;

  /// Of the packed weights, which `static void pack(const Source& source, std::byte* packed)` writes.
  static constexpr std::size_t packed_bytes = 0;
  static constexpr std::size_t scratch_bytes = 0;
  /// Of memory that survives calls.
  static constexpr std::size_t state_bytes = 0;
  /// What errors call a stage that leaves an IndexReport at the beginning of its scratch memory, and the least index
  /// that is too large for it.
  static constexpr std::string_view index_reader = "";
  static constexpr index_t index_limit = 0;
};

/// The same as a value.
template <class Kernel>
inline constexpr KernelInfo info_of = [] {
  KernelInfo info{Kernel::name,          Kernel::refusals,    nullptr,          Kernel::packed_bytes,
                  Kernel::scratch_bytes, Kernel::state_bytes, Kernel::in_place, Kernel::written_bytes,
                  Kernel::index_reader,  Kernel::index_limit};
  if constexpr (Kernel::packed_bytes > 0) info.pack = &Kernel::pack;
  if (info.reports() && info.scratch_bytes < sizeof(IndexReport)) info.scratch_bytes = sizeof(IndexReport);
  return info;
}();

/// Whether a kernel computes an operation, and why not.
struct Acceptance {
  std::string_view reason = "";  // empty: it does
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
