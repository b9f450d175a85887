/// \file
/// Embedding stages on the device.
#pragma once

#include <vector>

#include "../embedding.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class T, index_t Num, index_t Dim, index_t Padding, double MaxNorm, double NormType, bool ByFrequency>
struct Stage<operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>> {
  using Operation = operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>;
  template <class X>
  struct kernel : plan::KernelTraits {
    static constexpr index_t count = X::static_shape::size;
    static constexpr std::string_view name = "look-up";
    static constexpr std::string_view index_reader = Operation::name;
    static constexpr index_t index_limit = Num;
    static constexpr std::size_t packed_bytes = static_cast<std::size_t>(Num * Dim) * sizeof(T);
    static constexpr std::size_t scratch_bytes = index_report_bytes(count);

    static void run(const plan::Call& call) noexcept {
      const auto* indices = call.in<std::int64_t>();
      launch(count * Dim, LookUp<T>{Num, Dim, indices, call.packed<T>(), call.out<T>()});
      report_indices(count, Num, indices, call.scratch<void>());
    }
    /// Packs the table (Num, Dim) as an eager call that looks up all of it would leave it.
    static void pack(const plan::Source& source, std::byte* packed) {
      T* table = reinterpret_cast<T*>(packed);
      std::copy_n(source.parameter<T>(0), Num * Dim, table);
      if constexpr (Operation::renormalizes) {
        std::vector<std::int64_t> all(static_cast<std::size_t>(Num));
        for (index_t row = 0; row < Num; ++row) all[static_cast<std::size_t>(row)] = row;
        const LimitNorm<T, Operation::norm_type> limit{Dim, static_cast<T>(Operation::max_norm), all.data(), table};
        for (index_t row = 0; row < Num; ++row) limit(row);
      }
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cuda
