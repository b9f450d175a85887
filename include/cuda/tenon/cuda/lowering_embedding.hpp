/// \file
/// Embedding stages of a net on the device.
#pragma once

#include <vector>

#include "embedding.hpp"
#include "lowering.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class T, class Operation, index_t Count>
struct EmbeddingStage {
  static constexpr index_t rows = Operation::num_embeddings, columns = Operation::embedding_dim;
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(rows * columns) * sizeof(T);
  static constexpr std::size_t scratch_bytes = index_report_bytes(Count);

  static void run(const void* x, const void*, const std::byte* packed, void* scratch, void* y) noexcept {
    const auto* indices = static_cast<const std::int64_t*>(x);
    launch(Count * columns, LookUp<T>{rows, columns, indices, reinterpret_cast<const T*>(packed), static_cast<T*>(y)});
    report_indices(Count, rows, indices, scratch);
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
