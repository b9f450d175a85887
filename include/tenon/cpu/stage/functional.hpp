/// \file
/// Stages of the functions of a `forward`. (Those that are maps are in plan/maps.hpp.)
#pragma once

#include "../../nn/functional.hpp"
#include "../micro/gemm.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <>
struct Stage<operation::MatrixProduct> {
  template <class A, class B>
  struct kernel : plan::KernelTraits {
    using T = typename A::value_type;
    static constexpr std::string_view name = "matrix product";
    static constexpr index_t m = A::static_shape::dims[0], k = A::static_shape::dims[1], n = B::static_shape::dims[1];
    static constexpr std::size_t scratch_bytes = bytes_of<T>(micro::gemm_workspace_size<T>(m, n, k));
    static void run(const plan::Call& call) noexcept {
      micro::gemm<T>(m, n, k, {call.in<T>(0), k, 1}, {call.in<T>(1), n, 1}, call.out<T>(), n, false,
                     call.scratch<T>());
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cpu
