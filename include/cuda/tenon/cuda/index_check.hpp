/// \file
/// Indices that come as data in device memory. For one outside its range an eager call throws, a net reports it.
#pragma once

#include <tenon/core/index_check.hpp>
#include <tenon/plan/call.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

using plan::IndexReport;

/// Writes the first index outside [0, limit) of chunk i of `indices` (count) to found[i], position -1 if there is none.
struct FirstOutside {
  static constexpr index_t size = 256;  // of a chunk
  index_t count, limit;
  const std::int64_t* indices;
  IndexReport* found;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    IndexReport report{-1, 0};
    const index_t end = (i + 1) * size < count ? (i + 1) * size : count;
    for (index_t at = i * size; at < end && report.position < 0; ++at)
      if (is_outside(indices[at], limit)) report = {at, indices[at]};
    found[i] = report;
  }
};
/// Writes the first of the reports `found` (chunks) that has a position to `report`.
struct FirstReport {
  index_t chunks;
  const IndexReport* found;
  IndexReport* report;
  TENON_HOST_DEVICE void operator()(index_t) const {
    IndexReport first{-1, 0};
    for (index_t i = 0; i < chunks && first.position < 0; ++i) first = found[i];
    *report = first;
  }
};

/// Returns the bytes of scratch memory of a stage that reads `count` indices.
constexpr std::size_t index_report_bytes(index_t count) {
  return static_cast<std::size_t>(1 + (count + FirstOutside::size - 1) / FirstOutside::size) * sizeof(IndexReport);
}
/// Leaves the report on `indices` (count) at the beginning of `scratch`, of `index_report_bytes(count)` bytes.
inline void report_indices(index_t count, index_t limit, const std::int64_t* indices, void* scratch) {
  auto* report = static_cast<IndexReport*>(scratch);
  const index_t chunks = (count + FirstOutside::size - 1) / FirstOutside::size;
  launch(chunks, FirstOutside{count, limit, indices, report + 1});
  launch(1, FirstReport{chunks, report + 1, report});
}

}  // namespace tenon::inline TENON_ISA::cuda
