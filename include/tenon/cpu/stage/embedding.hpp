/// \file
/// Embedding stages.
#pragma once

#include "../../nn/embedding.hpp"
#include "../micro/embedding.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class T, index_t Num, index_t Dim, index_t Padding, double MaxNorm, double NormType, bool ByFrequency>
struct Stage<operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>> {
  using Operation = operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, ByFrequency>;
  template <class X>
  struct kernel : plan::KernelTraits {
    static constexpr std::string_view name = "look-up";
    static constexpr std::string_view index_reader = Operation::name;
    static constexpr index_t index_limit = Num;
    static constexpr std::size_t packed_bytes = bytes_of<T>(Num * Dim);

    static void run(const plan::Call& call) noexcept {
      const auto* indices = call.in<std::int64_t>();
      const index_t at = micro::look_up(X::static_shape::size, Num, Dim, indices, call.packed<T>(), call.out<T>());
      *call.scratch<plan::IndexReport>() = at < 0 ? plan::IndexReport{} : plan::IndexReport{at, indices[at]};
    }
    /// Packs the table (Num, Dim) as an eager call that looks up all of it would leave it.
    static void pack(const plan::Source& source, std::byte* packed) {
      T* table = reinterpret_cast<T*>(packed);
      std::copy_n(source.parameter<T>(0), Num * Dim, table);
      if constexpr (Operation::renormalizes)
        for (index_t row = 0; row < Num; ++row)
          micro::limit_norm<Operation::norm_type>(Dim, static_cast<T>(Operation::max_norm), table + row * Dim);
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cpu
