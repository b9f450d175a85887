/// \file
/// Vision layers on the CPU; upsampling is in resampling.hpp.
#pragma once

#include "../nn/vision.hpp"
#include "micro/pixel_shuffle.hpp"
#include "resampling.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <index_t Factor>
struct Kernel<operation::PixelShuffle<Factor>> {
  template <class Y, class X>
  static void forward(const operation::PixelShuffle<Factor>&, autograd::NothingSaved*, Y& y, const X& x) {
    using S = shape_of_t<X>;
    micro::pixel_shuffle<Factor>(groups<S>, S::dims[2], S::dims[3], x.data(), y.data());
  }
  template <class Y, class X>
  static void backward(const operation::PixelShuffle<Factor>&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    using S = shape_of_t<X>;
    if (x.grad)
      micro::pixel_shuffle_gradient<Factor>(groups<S>, S::dims[2], S::dims[3], x.accumulate, grad_y.data(), x.grad);
  }

 private:
  template <class S>
  static constexpr index_t groups = S::dims[0] * S::dims[1] / (Factor * Factor);
};

}  // namespace tenon::inline TENON_ISA::cpu
