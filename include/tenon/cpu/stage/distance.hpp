/// \file
/// Stages of distance functions.
#pragma once

#include "../../nn/distance.hpp"
#include "../backend.hpp"
#include "../micro/distance.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <double P, double Eps>
struct Stage<operation::PairwiseDistance<P, Eps>> {
  template <class A, class B>
  struct kernel : plan::KernelTraits {
    using T = typename A::value_type;
    using S = typename A::static_shape;
    static constexpr std::string_view name = "pairwise distance";
    static void run(const plan::Call& call) noexcept {
      micro::pairwise_distance<operation::PairwiseDistance<P, Eps>>(S::dims[0], S::dims[1], call.in<T>(0),
                                                                    call.in<T>(1), call.out<T>());
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cpu
