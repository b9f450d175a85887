/// \file
/// Checks of indices that come as data, and the error for one outside its range.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "error.hpp"
#include "place.hpp"

// Status is a macro of X11, check one of Unreal and of macOS.
#include "undefine_macros.hpp"

namespace tenon::inline TENON_ISA {

/// The outcome of a call of a compiled net.
enum class Status {
  ok,
  /// An index was outside its range: the elements that it should pick are zero, or left out. `check` says which index.
  index_out_of_range
};

/// Whether `index` is outside [0, limit).
TENON_HOST_DEVICE constexpr bool is_outside(std::int64_t index, index_t limit) { return index < 0 || index >= limit; }

struct IsOutside {
  index_t limit;
  TENON_HOST_DEVICE bool operator()(std::int64_t index) const { return is_outside(index, limit); }
};

/// Throws tenon::Error, which says that index `position` of the input of `operation` is `found`.
[[noreturn]] inline void raise_outside(std::string_view operation, index_t position, std::int64_t found,
                                       index_t limit) {
  raise(Text(operation) + ": index " + to_text(position) + " is " + to_text(found) + ", wanted 0 to " +
        to_text(limit - 1));
}

/// Throws tenon::Error if one of `indices` (count), in memory of `Place`, is outside [0, limit).
template <class Place>
void check_indices(std::string_view operation, index_t count, index_t limit, const std::int64_t* indices) {
  if (const index_t at = Place::find(count, IsOutside{limit}, indices); at < count)
    raise_outside(operation, at, read<Place>(indices + at), limit);
}

}  // namespace tenon::inline TENON_ISA

#include "restore_macros.hpp"
