/// \file
/// Stages of vision and padding layers on the device.
#pragma once

#include "../padding.hpp"
#include "../vision.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <index_t Factor>
struct Stage<operation::PixelShuffle<Factor>> {
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    static constexpr std::string_view name = "pixel shuffle";
    static void run(const plan::Call& call) noexcept {
      device::gather(shuffled_pixels<Factor, typename X::static_shape>, call.in<T>(), call.out<T>());
    }
  };
};

template <class Operation>
  requires(Operation::resamples)
struct Stage<Operation> {
  template <class X>
  struct kernel : plan::KernelTraits {
    using T = typename X::value_type;
    static constexpr std::string_view name = "resampling";
    static void run(const plan::Call& call) noexcept {
      resample<Operation, typename X::static_shape>(call.in<T>(), call.out<T>());
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cuda
