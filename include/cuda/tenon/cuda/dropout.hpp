/// \file
/// Dropout on the device.
#pragma once

#include <thrust/random/linear_congruential_engine.h>

#include <cstdint>
#include <tenon/core/random.hpp>
#include <tenon/nn/dropout.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Returns x[i], zeroed or scaled. A random number decides on each `unit` elements: number i / unit of the sequence
/// that starts at `seed`.
template <class T>
struct Drop {
  using Engine = thrust::minstd_rand;
  std::uint32_t seed, threshold;
  T scale;
  index_t unit;
  const T* x;
  TENON_HOST_DEVICE T operator()(index_t i) const {
    Engine engine(seed);
    engine.discard(static_cast<unsigned long long>(i / unit));
    // By a product, so that an infinity that is dropped becomes NaN, as in PyTorch.
    return x[i] * (engine() < threshold ? T(0) : scale);
  }
};

template <class Operation>
  requires operation::AnyDropout<Operation>
struct Kernel<Operation> {
  static constexpr double p = Operation::p;
  struct Saved {
    std::uint32_t seed = 0;
  };

  template <class X>
  static void forward(const Operation& dropout, Saved* saved, X& y, const X& x) {
    if (!dropout.training || p == 0) return device::copy(x.data(), shape_of_t<X>::size, y.data());
    const auto seed = static_cast<std::uint32_t>(generator()() % thrust::minstd_rand::max);
    drop<shape_of_t<X>>(seed, false, x.data(), y.data());
    if (saved) saved->seed = seed;
  }
  template <class X>
  static void backward(const Operation& dropout, const Saved& saved, const X&, const X& grad_y,
                       const autograd::Input<X>& x) {
    if (!dropout.training || p == 0)
      operation::pass_gradient(grad_y, x);
    else if (x.grad)
      drop<shape_of_t<X>>(saved.seed, x.accumulate, grad_y.data(), x.grad);
  }

 private:
  /// Writes what dropout makes of `from`, of shape `S`, to `to`, or adds it with `accumulate`.
  template <class S, class T>
  static void drop(std::uint32_t seed, bool accumulate, const T* from, T* to) {
    // The engine's numbers are 1 to max.
    constexpr auto threshold = static_cast<std::uint32_t>(1 + p * static_cast<double>(thrust::minstd_rand::max));
    constexpr T scale = p < 1 ? static_cast<T>(1 / (1 - p)) : T(0);
    tabulate(S::size, accumulate, Drop<T>{seed, threshold, scale, Operation::template unit<S>, from}, to);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
