/// \file
/// Stages of the functions of a `forward` on the device. (Those that are maps are in plan/maps.hpp.)
#pragma once

#include "../distance.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <>
struct Stage<operation::MatrixProduct> {
  template <class A, class B>
  struct kernel : plan::KernelTraits {
    using T = typename A::value_type;
    static constexpr std::string_view name = "matrix product";
    static void run(const plan::Call& call) noexcept {
      gemm<T>({.m = A::static_shape::dims[0], .n = B::static_shape::dims[1], .k = A::static_shape::dims[1]},
              call.in<T>(0), call.in<T>(1), call.out<T>());
    }
  };
};

template <double P, double Eps>
struct Stage<operation::PairwiseDistance<P, Eps>> {
  template <class A, class B>
  struct kernel : plan::KernelTraits {
    using T = typename A::value_type;
    static constexpr std::string_view name = "pairwise distance";
    static void run(const plan::Call& call) noexcept {
      launch(A::static_shape::dims[0],
             PairwiseDistance<T, operation::PairwiseDistance<P, Eps>>{A::static_shape::dims[1], call.in<T>(0),
                                                                      call.in<T>(1), call.out<T>()});
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cuda
