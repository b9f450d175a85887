/// \file
/// Losses of elements and of rows on the CPU.
#pragma once

#include "../nn/element_loss.hpp"
#include "maps.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <double Margin, bool SizeAverage>
struct Kernel<operation::CosineEmbeddingLoss<Margin, SizeAverage>> {
  using Operation = operation::CosineEmbeddingLoss<Margin, SizeAverage>;

  template <class Y, class X, class Target>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& first, const X& second,
                      const Target& target) {
    double sum = 0;
    for (index_t n = 0; n < shape_of_t<X>::dims[0]; ++n)
      sum += products(n, first, second).value(target.data()[n], Margin);
    *y.data() = static_cast<typename Y::value_type>(sum / Operation::template divisor<shape_of_t<X>>());
  }

  template <class Y, class X, class Target>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& first, const autograd::Input<X>& second,
                       const autograd::Input<Target>& target) {
    target.grad_to_add();  // a label has none
    const double scale = static_cast<double>(grad_y.item()) / Operation::template divisor<shape_of_t<X>>();
    for (index_t n = 0; n < shape_of_t<X>::dims[0]; ++n) {
      const loss::CosineEmbedding p = products(n, first.value, second.value);
      const double slope = scale * p.slope(target.value.data()[n], Margin);
      pass(n, slope * p.by_other(), slope * p.by_own(p.first_squared), first, second.value);
      pass(n, slope * p.by_other(), slope * p.by_own(p.second_squared), second, first.value);
    }
  }

 private:
  /// Returns the dot products of row `row` of two matrices with each other and with themselves.
  template <class X>
  static loss::CosineEmbedding products(index_t row, const X& first, const X& second) {
    using T = typename X::value_type;
    constexpr index_t size = shape_of_t<X>::dims[1];
    const auto sums = micro::map_sums<T, 3>(
        size, [](const auto& a, const auto& b) TENON_ALWAYS_INLINE { return std::array{a * b, a * a, b * b}; },
        first.data() + row * size, second.data() + row * size);
    return {static_cast<double>(sums[0]), static_cast<double>(sums[1]), static_cast<double>(sums[2])};
  }
  /// Passes the gradient by_other * other - by_own * own of row `row` to `own`.
  template <class X>
  static void pass(index_t row, double by_other, double by_own, const autograd::Input<X>& own, const X& other) {
    using T = typename X::value_type;
    using V = micro::Vector<T>;
    constexpr index_t size = shape_of_t<X>::dims[1];
    if (own.grad)
      micro::map_gradient<T>(
          size, own.accumulate,
          [o = V(static_cast<T>(by_other)), s = V(static_cast<T>(by_own))](const V& a, const V& b)
              TENON_ALWAYS_INLINE { return o * b - s * a; },
          own.grad + row * size, own.value.data() + row * size, other.data() + row * size);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
