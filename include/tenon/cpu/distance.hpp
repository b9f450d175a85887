/// \file
/// Distance functions on the CPU.
#pragma once

#include "../nn/distance.hpp"
#include "micro/distance.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <double P, double Eps>
struct Kernel<operation::PairwiseDistance<P, Eps>> {
  using Operation = operation::PairwiseDistance<P, Eps>;

  template <class Y, class X>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x1, const X& x2) {
    constexpr index_t rows = shape_of_t<X>::dims[0], columns = shape_of_t<X>::dims[1];
    micro::pairwise_distance<Operation>(rows, columns, x1.data(), x2.data(), y.data());
  }

  template <class Y, class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y& y, const Y& grad_y,
                       const autograd::Input<X>& x1, const autograd::Input<X>& x2) {
    using T = typename X::value_type;
    constexpr index_t rows = shape_of_t<X>::dims[0], columns = shape_of_t<X>::dims[1];
    const auto add = [&](const autograd::Input<X>& x, T sign) {
      if (x.grad)
        micro::pairwise_distance_gradient<Operation>(rows, columns, sign, x1.value.data(), x2.value.data(), y.data(),
                                                     grad_y.data(), x.accumulate, x.grad);
    };
    add(x1, T(1));
    add(x2, T(-1));
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
