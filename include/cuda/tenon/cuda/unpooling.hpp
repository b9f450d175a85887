/// \file
/// Unpooling, which puts the results of a max pooling back, on the device.
#pragma once

#include <tenon/nn/unpooling.hpp>

#include "index_check.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Computes one plane of `y` (planes, out_size) from `x` and `indices` (planes, in_size). One thread takes a whole
/// plane, so that of equal indices the last counts. Elements with an index outside [0, out_size) are left out.
template <class T>
struct UnpoolPlane {
  index_t in_size, out_size;
  const T* x;
  const std::int64_t* indices;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t plane) const {
    T* to = y + plane * out_size;
    for (index_t o = 0; o < out_size; ++o) to[o] = T(0);
    for (index_t i = plane * in_size; i < (plane + 1) * in_size; ++i)
      if (!is_outside(indices[i], out_size)) to[indices[i]] = x[i];
  }
};

/// Returns the gradient of one input, which is that of the output it became: `indices` (planes, in_size), all inside,
/// `grad_y` (planes, out_size).
template <class T>
struct UnpoolGradient {
  index_t in_size, out_size;
  const std::int64_t* indices;
  const T* grad_y;
  TENON_HOST_DEVICE T operator()(index_t i) const { return grad_y[i / in_size * out_size + indices[i]]; }
};

template <int Rank, class K, class S, class P, class Size>
struct Kernel<operation::MaxUnpool<Rank, K, S, P, Size>> {
  using Operation = operation::MaxUnpool<Rank, K, S, P, Size>;

  template <class Y, class X, class Indices>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x, const Indices& indices) {
    check_indices<device>(Operation::name, shape_of_t<X>::size, plane_size<Y>, indices.data());
    launch(planes<X>,
           UnpoolPlane<typename X::value_type>{plane_size<X>, plane_size<Y>, x.data(), indices.data(), y.data()});
  }

  template <class Y, class X, class Indices>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<Indices>& indices) {
    indices.grad_to_add();  // indices have none
    using Gradient = UnpoolGradient<typename X::value_type>;
    tabulate_gradient(x, Gradient{plane_size<X>, plane_size<Y>, indices.value.data(), grad_y.data()});
  }

 private:
  template <class X>
  static constexpr index_t planes = shape_of_t<X>::dims[0] * shape_of_t<X>::dims[1];
  template <class X>
  static constexpr index_t plane_size = shape_of_t<X>::size / planes<X>;
};

}  // namespace tenon::inline TENON_ISA::cuda
