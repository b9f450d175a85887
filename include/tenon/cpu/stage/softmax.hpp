/// \file
/// Softmax stages.
#pragma once

#include "../backend.hpp"
#include "../softmax.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class Operation>
  requires operation::AnySoftmax<Operation>
struct Stage<Operation> {
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    static constexpr std::string_view name = "softmax";
    static void run(const plan::Call& call) noexcept {
      micro::softmax<Operation::logarithm>(Kernel<Operation>::template axis<typename X::static_shape>,
                                           typename Operation::function{}, call.in<T>(), call.out<T>());
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cpu
