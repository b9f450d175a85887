/// \file
/// Softmax stages.
#pragma once

#include "../cpu/softmax.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

template <class T, class S, class Operation>
struct SoftmaxStage {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    micro::softmax<Operation::logarithm>(cpu::Kernel<Operation>::template axis<S>, typename Operation::function{},
                                         static_cast<const T*>(x), static_cast<T*>(y));
  }
};

template <class Operation>
  requires operation::AnySoftmax<Operation>
struct Lowering<Operation> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr auto append(const Operation&, const X& x) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    const int edge =
        x.graph().append(Stage(plain(x).edge()).computed_by(&SoftmaxStage<T, S, Operation>::run), bytes<T, S, Plain>);
    return Symbolic<T, S>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
