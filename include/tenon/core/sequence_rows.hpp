/// \file
/// Where the rows of a batch of sequences lie: one behind the other in time, sample by sample, or packed.
#pragma once

#include "geometry.hpp"

namespace tenon::inline TENON_ISA {

/// The rows of up to `batch` sequences of up to `steps` elements each. Row b of step t is row
/// `first(t) + b * stride()` of a matrix.
struct SequenceRows {
  index_t steps, batch;
  /// Sample by sample, (batch, steps, ...), instead of step by step, (steps, batch, ...).
  bool batch_first = false;
  /// Of packed sequences, sorted by falling length: where the rows of each step begin, (steps + 1); else null.
  const index_t* starts = nullptr;

  /// The sequences that have a step t: the first so many.
  constexpr index_t count(index_t t) const { return starts ? starts[t + 1] - starts[t] : batch; }
  constexpr index_t first(index_t t) const { return starts ? starts[t] : batch_first ? t : t * batch; }
  constexpr index_t stride() const { return batch_first ? steps : 1; }
  /// The rows of all steps.
  constexpr index_t rows() const { return starts ? starts[steps] : steps * batch; }
  /// Calls `f(first row, number of rows)` for each step, from the last one on if `reverse`.
  template <class F>
  void for_each_step(bool reverse, F&& f) const {
    for (index_t i = 0; i < steps; ++i) {
      const index_t t = reverse ? steps - 1 - i : i;
      if (const index_t n = count(t); n > 0) f(first(t), n);
    }
  }
};

}  // namespace tenon::inline TENON_ISA
