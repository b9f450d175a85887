/// \file
/// Dropout on the device.
#pragma once

#include <thrust/random/linear_congruential_engine.h>

#include <cstdint>
#include <tenon/core/random.hpp>
#include <tenon/nn/dropout.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Each element zeroed or scaled, by a random number of its own: number `i` of the sequence that starts at `seed`.
template <class T>
struct Drop {
  using Engine = thrust::minstd_rand;
  std::uint32_t seed, threshold;
  T scale;
  const T* x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    Engine engine(seed);
    engine.discard(static_cast<unsigned long long>(i));
    y[i] = engine() < threshold ? T(0) : x[i] * scale;
  }
};

template <double P>
struct Kernel<operation::Dropout<P>> : ForwardOnly {
  template <class X>
  static void forward(const operation::Dropout<P>& dropout, Saved*, X& y, const X& x) {
    using T = typename X::value_type;
    using Engine = typename Drop<T>::Engine;
    constexpr index_t size = shape_of_t<X>::size;
    if (!dropout.training || P == 0) return copy_on_device(x.data(), size, y.data());
    if constexpr (P == 1) return fill(y.data(), size, T(0));
    // The engine's numbers are 1 to max.
    constexpr auto threshold = static_cast<std::uint32_t>(1 + P * static_cast<double>(Engine::max));
    constexpr T scale = static_cast<T>(P < 1 ? 1 / (1 - P) : 0);
    const auto seed = static_cast<std::uint32_t>(generator()() % Engine::max);
    launch(size, Drop<T>{seed, threshold, scale, x.data(), y.data()});
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
