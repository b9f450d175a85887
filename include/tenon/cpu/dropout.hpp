/// \file
/// Dropout on the CPU.
#pragma once

#include "../core/pointwise.hpp"
#include "../nn/dropout.hpp"
#include "maps.hpp"
#include "micro/map.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class Operation>
  requires operation::AnyDropout<Operation>
struct Kernel<Operation> {
  static constexpr double p = Operation::p;
  template <class X>
  static constexpr index_t unit = Operation::template unit<shape_of_t<X>>;

  struct Saved {
    memory::Array<std::uint8_t> kept;  // for each unit, whether it was kept; empty in evaluation mode
  };

  template <class X>
  static void forward(const Operation& dropout, Saved* saved, X& y, const X& x) {
    if (!dropout.training || pointwise::equal(p, 0.0)) {
      std::copy_n(x.data(), X::size(), y.data());
      return;
    }
    memory::Array<std::uint8_t> kept = draw(shape_of_t<X>::size / unit<X>);
    multiply<unit<X>>(kept, x.data(), y.data(), false);
    if (saved) saved->kept = std::move(kept);
  }

  template <class X>
  static void backward(const Operation& dropout, const Saved& saved, const X&, const X& grad_y,
                       const autograd::Input<X>& x) {
    if (!dropout.training || pointwise::equal(p, 0.0))
      operation::pass_gradient(grad_y, x);
    else if (x.grad)
      multiply<unit<X>>(saved.kept, grad_y.data(), x.grad, x.accumulate);
  }

 private:
  /// Draws for each of `count` units whether it is kept.
  static memory::Array<std::uint8_t> draw(index_t count) {
    // 32 of the generator's bits decide on a unit.
    constexpr auto threshold = static_cast<std::uint64_t>(p * 4294967296.0);
    memory::Array<std::uint8_t> kept(static_cast<std::size_t>(count));
    auto& engine = generator();
    for (std::size_t i = 0; i < kept.size(); i += 2) {
      const std::uint64_t bits = engine();
      kept[i] = (bits & 0xffffffff) >= threshold;
      if (i + 1 < kept.size()) kept[i + 1] = (bits >> 32) >= threshold;
    }
    return kept;
  }

  /// Multiplies each unit of `from` (units, Unit) by 1 / (1 - p) or 0 and writes the products to `to` (units, Unit), or
  /// adds them with `accumulate`. An infinity that is dropped becomes NaN, as in PyTorch.
  template <index_t Unit, class T>
  static void multiply(const memory::Array<std::uint8_t>& kept, const T* from, T* to, bool accumulate) {
    constexpr T scale = p < 1 ? static_cast<T>(1 / (1 - p)) : T(0);
    for (std::size_t i = 0; i < kept.size(); ++i, from += Unit, to += Unit) {
      const T factor = kept[i] ? scale : T(0);
      if constexpr (Unit == 1)
        *to = accumulate ? *to + *from * factor : *from * factor;
      else
        micro::map_gradient<T>(
            Unit, accumulate, [f = micro::Vector<T>(factor)](const auto& v) { return v * f; }, to, from);
    }
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
