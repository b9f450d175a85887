/// \file
/// Stages of distance functions.
#pragma once

#include "../cpu/micro/distance.hpp"
#include "../nn/distance.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

template <class T, class Operation, class S>
struct PairwiseDistanceStage {
  static void run(const void* a, const void* b, const std::byte*, void*, void* y) noexcept {
    micro::pairwise_distance<Operation>(S::dims[0], S::dims[1], static_cast<const T*>(a), static_cast<const T*>(b),
                                        static_cast<T*>(y));
  }
};

template <double P, double Eps>
struct Lowering<operation::PairwiseDistance<P, Eps>> {
  using Operation = operation::PairwiseDistance<P, Eps>;
  static constexpr int parameters = 0;
  template <class A, class B>
  static constexpr auto append(const Operation&, const A& a, const B& b) {
    using T = typename A::value_type;
    using S = typename A::static_shape;
    using Result = Shape<S::dims[0], 1>;
    const int first = plain(a).edge(), second = plain(b).edge();
    const int edge = a.graph().append(Stage(first, second).computed_by(&PairwiseDistanceStage<T, Operation, S>::run),
                                      bytes<T, Result, Plain>);
    return Symbolic<T, Result>(a.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
