/// \file
/// Resampling of one axis of an image, for upsampling and padding: which input positions an output position is made of,
/// and, for gradients gathered by input, which output positions read an input position.
///
/// Output position `o` is the input at `at(o)`, or the constant `outside` where `at(o)` is -1. On an axis that `blends`
/// it is the input at `at(o)` times 1 - fraction(o), plus the input at `next(o)` times fraction(o). Input position `i`
/// is read by the output positions `reader(i, k)` for each k below `readers(i)`, where a negative one stands for none.
#pragma once

#include <array>

#include "geometry.hpp"

namespace tenon::inline TENON_ISA::resampling {

/// The base of the rules, each of which is one axis; by default one of a single position, which stays as it is.
struct Axis {
  index_t input = 1, output = 1;
  index_t before = 0;  // output positions before the first input position
  static constexpr bool blends = false;
  static constexpr double outside = 0;
};

/// The input position at the same fraction of the axis, rounded down.
struct Nearest : Axis {
  TENON_HOST_DEVICE constexpr index_t at(index_t o) const { return o * input / output; }
  TENON_HOST_DEVICE constexpr index_t readers(index_t i) const { return first(i + 1) - first(i); }
  TENON_HOST_DEVICE constexpr index_t reader(index_t i, index_t k) const { return first(i) + k; }

 private:
  TENON_HOST_DEVICE constexpr index_t first(index_t i) const { return (i * output + input - 1) / input; }
};

/// Linear between input positions, the first and last of which fall on the first and last output position.
struct CornerAligned : Axis {
  static constexpr bool blends = true;

  TENON_HOST_DEVICE constexpr index_t at(index_t o) const { return o * (input - 1) / steps(); }
  TENON_HOST_DEVICE constexpr index_t next(index_t o) const { return at(o) + 1 < input ? at(o) + 1 : at(o); }
  TENON_HOST_DEVICE constexpr double fraction(index_t o) const {
    return static_cast<double>(o * (input - 1) % steps()) / static_cast<double>(steps());
  }
  TENON_HOST_DEVICE constexpr index_t readers(index_t i) const { return end(i) - first(i); }
  TENON_HOST_DEVICE constexpr index_t reader(index_t i, index_t k) const { return first(i) + k; }

 private:
  TENON_HOST_DEVICE constexpr index_t steps() const { return output > 1 ? output - 1 : 1; }
  // Output positions less than one input position away.
  TENON_HOST_DEVICE constexpr index_t first(index_t i) const {
    return i == 0 ? 0 : smaller((i - 1) * steps() / (input - 1) + 1, output);
  }
  TENON_HOST_DEVICE constexpr index_t end(index_t i) const {
    return i == input - 1 ? output : smaller(((i + 1) * steps() + input - 2) / (input - 1), output);
  }
  TENON_HOST_DEVICE static constexpr index_t smaller(index_t a, index_t b) { return a < b ? a : b; }
};

/// The input between positions of the constant `Value`.
template <double Value>
struct ConstantPadded : Axis {
  static constexpr double outside = Value;

  TENON_HOST_DEVICE constexpr index_t at(index_t o) const {
    return o >= before && o < before + input ? o - before : -1;
  }
  TENON_HOST_DEVICE constexpr index_t readers(index_t) const { return 1; }
  TENON_HOST_DEVICE constexpr index_t reader(index_t i, index_t) const { return before + i; }
};

/// The input, its first and last element repeated.
struct Replicated : Axis {
  TENON_HOST_DEVICE constexpr index_t at(index_t o) const {
    return o < before ? 0 : o < before + input ? o - before : input - 1;
  }
  TENON_HOST_DEVICE constexpr index_t readers(index_t i) const {
    return (i == input - 1 ? output : before + i + 1) - reader(i, 0);
  }
  TENON_HOST_DEVICE constexpr index_t reader(index_t i, index_t k) const { return (i == 0 ? 0 : before + i) + k; }
};

/// The input, mirrored at its first and last element.
struct Reflected : Axis {
  TENON_HOST_DEVICE constexpr index_t at(index_t o) const {
    const index_t i = o < before ? before - o : o - before;
    return i < input ? i : 2 * (input - 1) - i;
  }
  TENON_HOST_DEVICE constexpr index_t readers(index_t) const { return 3; }
  TENON_HOST_DEVICE constexpr index_t reader(index_t i, index_t k) const {
    if (k == 0) return before + i;
    if (k == 1) return i == 0 ? -1 : before - i;  // negative where the padding does not reach so far
    const index_t mirrored = before + 2 * (input - 1) - i;
    return i == input - 1 || mirrored >= output ? -1 : mirrored;
  }
};

/// Returns the axes of an image as those of a volume (depth, rows, columns): what it does not have is a single
/// position.
template <class Rule, std::size_t Rank>
  requires(Rank <= 3)
constexpr std::array<Rule, 3> in_volume(const std::array<Rule, Rank>& axes) {
  std::array<Rule, 3> volume{};
  for (std::size_t a = 0; a < Rank; ++a) volume[3 - Rank + a] = axes[a];
  return volume;
}

/// Returns the factor of input position `i` in output position `o`.
template <class Rule>
TENON_HOST_DEVICE constexpr double weight(const Rule& axis, index_t i, index_t o) {
  if constexpr (Rule::blends)
    return (axis.at(o) == i ? 1 - axis.fraction(o) : 0) + (axis.next(o) == i ? axis.fraction(o) : 0);
  else
    return axis.at(o) == i ? 1 : 0;
}

}  // namespace tenon::inline TENON_ISA::resampling
