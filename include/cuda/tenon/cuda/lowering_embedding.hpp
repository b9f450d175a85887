/// \file
/// Embedding stages of a net on the device.
#pragma once

#include <vector>

#include "embedding.hpp"
#include "lowering.hpp"

namespace tenon::inline TENON_ISA::cuda {

using planning::IndexReport;

/// The first of `chunk` indices that is outside [0, limit): found[i] for chunk i.
struct FirstOutside {
  index_t count, chunk, limit;
  const std::int64_t* indices;
  IndexReport* found;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    IndexReport report{-1, 0};
    const index_t end = (i + 1) * chunk < count ? (i + 1) * chunk : count;
    for (index_t at = i * chunk; at < end && report.position < 0; ++at)
      if (is_outside(indices[at], limit)) report = {at, indices[at]};
    found[i] = report;
  }
};
/// The first of the chunks' reports.
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

template <class T, class Operation, index_t Count>
struct EmbeddingStage {
  static constexpr index_t rows = Operation::num_embeddings, columns = Operation::embedding_dim;
  static constexpr index_t chunk = 256, chunks = (Count + chunk - 1) / chunk;
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(rows * columns) * sizeof(T);
  static constexpr std::size_t scratch_bytes = static_cast<std::size_t>(1 + chunks) * sizeof(IndexReport);

  static void run(const void* x, const void*, const std::byte* packed, void* scratch, void* y) noexcept {
    const auto* indices = static_cast<const std::int64_t*>(x);
    auto* report = static_cast<IndexReport*>(scratch);
    launch(Count * columns, LookUp<T>{rows, columns, indices, reinterpret_cast<const T*>(packed), static_cast<T*>(y)});
    launch(chunks, FirstOutside{Count, chunk, rows, indices, report + 1});
    launch(1, FirstReport{chunks, report + 1, report});
  }
  /// The table as an eager call that looks up all of it would leave it.
  static void pack(const Source& source, std::byte* packed) {
    T* table = reinterpret_cast<T*>(packed);
    std::copy_n(static_cast<const T*>(source.weight), rows * columns, table);
    if constexpr (Operation::renormalizes) {
      std::vector<std::int64_t> all(static_cast<std::size_t>(rows));
      for (index_t row = 0; row < rows; ++row) all[static_cast<std::size_t>(row)] = row;
      const LimitNorm<T, Operation::norm_type> limit{columns, static_cast<T>(Operation::max_norm), all.data(), table};
      for (index_t row = 0; row < rows; ++row) limit(row);
    }
  }
};

template <class T, index_t Num, index_t Dim, index_t Padding, double MaxNorm, double NormType, bool ByFrequency>
struct Lowering<operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>> {
  using Operation = operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>;

  template <class S, class P>
  static auto append(const Operation& embedding, const Symbolic<std::int64_t, S, P>& x, const void* weight) {
    using Kernel = EmbeddingStage<T, Operation, S::size>;
    using Result = decltype(embedding.output_shape(S{}));
    const int edge = x.graph().append(Stage(x.use())
                                          .computed_by(&Kernel::run)
                                          .packed_by(&Kernel::pack, {.weight = weight}, Kernel::packed_bytes)
                                          .with_scratch(Kernel::scratch_bytes)
                                          .reports_indices(Operation::name, Num),
                                      bytes<T, Result>);
    return Symbolic<T, Result>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
