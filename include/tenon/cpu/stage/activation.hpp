/// \file
/// Activation stages with parameters. (The others are maps: see plan/maps.hpp.)
#pragma once

#include "../activation.hpp"
#include "normalization.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class T, class S, index_t Parameters, class Layout>
struct PReLUKernel : plan::KernelTraits {
  static constexpr std::string_view name = "PReLU";
  using reads = Layout;
  using writes = Layout;
  static constexpr int in_place = 1;
  static constexpr index_t padded = (Parameters + micro::lanes<T> - 1) / micro::lanes<T> * micro::lanes<T>;
  static constexpr std::size_t packed_bytes = bytes_of<T>(padded);

  static void run(const plan::Call& call) noexcept {
    using V = micro::Vector<T>;
    const T *from = call.in<T>(), *weight = call.packed<T>();
    T* to = call.out<T>();
    if constexpr (plan::is_plain<Layout>) {
      Kernel<operation::PReLU<Parameters>>::template compute<T, S>(from, weight, to);
    } else {
      constexpr index_t plane = plan::Image<S>::pixels * micro::lanes<T>;
      constexpr index_t blocks = plan::Image<S>::batch * micro::vectors_for<T>(plan::Image<S>::channels);
      for (index_t block = 0; block < blocks; ++block, from += plane, to += plane) {
        const V w = Parameters == 1 ? V(*weight) : V::load_unaligned(weight + block * micro::lanes<T> % padded);
        micro::map<T>(plane, [w](const V& v) { return pointwise::choose(v > V(T(0)), v, w * v); }, to, from);
      }
    }
  }
  static void pack(const plan::Source& source, std::byte* packed) {
    T* weight = reinterpret_cast<T*>(packed);
    std::fill_n(weight, padded, T(0));
    std::copy_n(source.parameter<T>(0), Parameters, weight);
  }
};

template <index_t Parameters>
struct Stage<operation::PReLU<Parameters>> {
  template <class X>
  using kernel = PReLUKernel<typename X::value_type, typename X::static_shape, Parameters,
                             plain_or_blocked_t<typename X::layout>>;
};

}  // namespace tenon::inline TENON_ISA::cpu
