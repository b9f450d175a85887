/// \file
/// Embedding stages.
#pragma once

#include "../cpu/micro/embedding.hpp"
#include "../nn/embedding.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

template <class T, class Operation, index_t Count>
struct EmbeddingStage {
  static constexpr index_t rows = Operation::num_embeddings, columns = Operation::embedding_dim;
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(rows * columns) * sizeof(T);

  static void run(const void* x, const void*, const std::byte* packed, void* scratch, void* y) noexcept {
    const auto* indices = static_cast<const std::int64_t*>(x);
    const index_t at = micro::look_up(Count, rows, columns, indices, elements_at<T>(packed), static_cast<T*>(y));
    *static_cast<IndexReport*>(scratch) = at < 0 ? IndexReport{} : IndexReport{at, indices[at]};
  }
  /// The table as an eager call that looks up all of it would leave it.
  static void pack(const Source& source, std::byte* packed) {
    T* table = elements_at<T>(packed);
    std::copy_n(static_cast<const T*>(source.weight), rows * columns, table);
    if constexpr (Operation::renormalizes)
      for (index_t row = 0; row < rows; ++row)
        micro::limit_norm<Operation::norm_type>(columns, static_cast<T>(Operation::max_norm), table + row * columns);
  }
};

template <class T, index_t Num, index_t Dim, index_t Padding, double MaxNorm, double NormType, bool ByFrequency>
struct Lowering<operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>> {
  using Operation = operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>;
  static constexpr int parameters = 1;

  template <class X>
  static constexpr auto append(const Operation&, const X& x, const void* weight) {
    using S = typename X::static_shape;
    using Kernel = EmbeddingStage<T, Operation, S::size>;
    using Result = decltype(Operation::output_shape(S{}));
    const int edge = x.graph().append(Stage(plain(x).edge())
                                          .computed_by(&Kernel::run)
                                          .packed_by(&Kernel::pack, Source{weight}, Kernel::packed_bytes)
                                          .reports_indices(Operation::name, Num),
                                      bytes<T, Result, Plain>);
    return Symbolic<T, Result>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
