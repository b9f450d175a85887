/// \file
/// Activation stages with parameters on the device. (The others are maps: see plan/maps.hpp.)
#pragma once

#include <cstring>

#include "../activation.hpp"
#include "../softmax.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <index_t Parameters>
struct Stage<operation::PReLU<Parameters>> {
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    static constexpr std::string_view name = "PReLU";
    static constexpr int in_place = 1;
    static constexpr std::size_t packed_bytes = static_cast<std::size_t>(Parameters) * sizeof(T);
    static void run(const plan::Call& call) noexcept {
      constexpr index_t inner = Kernel<operation::PReLU<Parameters>>::template inner<S>;
      launch(S::size, PReLU<T>{Parameters, inner, call.in<T>(), call.packed<T>(), call.out<T>()});
    }
    static void pack(const plan::Source& source, std::byte* packed) {
      std::memcpy(packed, source.parameters[0], packed_bytes);
    }
  };
};

template <class Operation>
  requires operation::AnySoftmax<Operation>
struct Stage<Operation> {
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    static constexpr std::string_view name = "softmax";
    static void run(const plan::Call& call) noexcept {
      Kernel<Operation>::template compute<typename X::static_shape>(call.in<T>(), call.out<T>());
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cuda
