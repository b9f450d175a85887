/// \file
/// Dropout on the CPU.
#pragma once

#include "../nn/dropout.hpp"
#include "functional.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <double P>
struct Kernel<operation::Dropout<P>> {
  struct Saved {
    memory::Array<float> scale;  // what each element was multiplied by; empty in evaluation mode
  };

  template <class X>
  static void forward(const operation::Dropout<P>& dropout, Saved* saved, X& y, const X& x) {
    if (!dropout.training || P == 0) {
      std::copy_n(x.data(), X::size(), y.data());
      return;
    }
    memory::Array<float> scale = draw(X::size());
    multiply(scale, x.data(), y.data(), false);
    if (saved) saved->scale = std::move(scale);
  }

  template <class X>
  static void backward(const operation::Dropout<P>& dropout, const Saved& saved, const X&, const X& grad_y,
                       const autograd::Input<X>& x) {
    if (!dropout.training || P == 0)
      detail::pass_gradient(grad_y, x);
    else if (x.grad)
      multiply(saved.scale, grad_y.data(), x.grad, x.accumulate);
  }

 private:
  static memory::Array<float> draw(std::size_t size) {
    constexpr float kept = P < 1 ? static_cast<float>(1 / (1 - P)) : 0.f;
    // 32 of the generator's bits decide on an element.
    constexpr auto threshold = static_cast<std::uint64_t>(P * 4294967296.0);
    memory::Array<float> scale(size);
    auto& engine = generator();
    for (std::size_t i = 0; i < size; i += 2) {
      const std::uint64_t bits = engine();
      scale[i] = (bits & 0xffffffff) < threshold ? 0.f : kept;
      if (i + 1 < size) scale[i + 1] = (bits >> 32) < threshold ? 0.f : kept;
    }
    return scale;
  }
  template <class T>
  static void multiply(const memory::Array<float>& scale, const T* from, T* to, bool add) {
    for (std::size_t i = 0; i < scale.size(); ++i) {
      const T value = scale[i] == 0 ? T(0) : from[i] * static_cast<T>(scale[i]);
      to[i] = add ? to[i] + value : value;
    }
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
