/// \file
/// Unpooling, which puts the results of a max pooling back, on the CPU.
#pragma once

#include "../nn/unpooling.hpp"
#include "micro/unpooling.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <int Rank, class K, class S, class P, class Size>
struct Kernel<operation::MaxUnpool<Rank, K, S, P, Size>> {
  using Operation = operation::MaxUnpool<Rank, K, S, P, Size>;

  template <class Y, class X, class Indices>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x, const Indices& indices) {
    check_indices<host>(Operation::name, shape_of_t<X>::size, plane_size<Y>, indices.data());
    micro::max_unpool(planes<X>, plane_size<X>, plane_size<Y>, x.data(), indices.data(), y.data());
  }

  template <class Y, class X, class Indices>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Indices>& indices) {
    indices.grad_to_add();  // indices have none
    if (x.grad)
      micro::max_unpool_gradient(planes<X>, plane_size<X>, plane_size<Y>, grad_y.data(), indices.value.data(),
                                 x.accumulate, x.grad);
  }

 private:
  template <class X>
  static constexpr index_t planes = shape_of_t<X>::dims[0] * shape_of_t<X>::dims[1];
  template <class X>
  static constexpr index_t plane_size = shape_of_t<X>::size / planes<X>;
};

}  // namespace tenon::inline TENON_ISA::cpu
