/// \file
/// Vision layers on the device; upsampling is in resampling.hpp.
#pragma once

#include <tenon/nn/vision.hpp>

#include "resampling.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Where the elements of (groups, height, Factor, width, Factor) are among those of an image of shape `S`,
/// (groups, Factor, Factor, height, width).
template <index_t Factor, class S>
inline constexpr StridedView<5> shuffled_pixels =
    StridedView<5>::of(Shape<S::dims[0] * S::dims[1] / (Factor * Factor), Factor, Factor, S::dims[2], S::dims[3]>{})
        .permuted({0, 3, 1, 4, 2});

template <index_t Factor>
struct Kernel<operation::PixelShuffle<Factor>> {
  template <class Y, class X>
  static void forward(const operation::PixelShuffle<Factor>&, autograd::NothingSaved*, Y& y, const X& x) {
    device::gather(shuffled_pixels<Factor, shape_of_t<X>>, x.data(), y.data());
  }
  template <class Y, class X>
  static void backward(const operation::PixelShuffle<Factor>&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    if (x.grad) device::scatter(shuffled_pixels<Factor, shape_of_t<X>>, x.accumulate, grad_y.data(), x.grad);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
