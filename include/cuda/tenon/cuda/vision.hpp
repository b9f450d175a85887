/// \file
/// Vision layers on the device; upsampling is in resampling.hpp.
#pragma once

#include <tenon/nn/vision.hpp>

#include "resampling.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Returns which element of (groups, Factor, Factor, height, width) becomes element i of
/// (groups, height, Factor, width, Factor).
template <index_t Factor>
struct ShuffledFrom {
  index_t height, width;
  TENON_HOST_DEVICE index_t operator()(index_t i) const {
    const index_t j = i % Factor, w = i / Factor % width;
    const index_t row = i / (Factor * width);
    const index_t group_and_row = row / Factor, group = group_and_row / height;
    return (((group * Factor + row % Factor) * Factor + j) * height + group_and_row % height) * width + w;
  }
};

/// Copies one element: `x` (groups, Factor, Factor, height, width), `y` (groups, height, Factor, width, Factor).
template <class T, index_t Factor>
struct PixelShuffle {
  ShuffledFrom<Factor> from;
  const T* x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const { y[i] = x[from(i)]; }
};

/// Copies the gradient of one element back, or adds it with `accumulate`: `grad_y` has the shape of y, `grad_x` of x.
/// Each gradient is written once, since every element of x becomes one of y.
template <class T, index_t Factor>
struct PixelShuffleGradient {
  ShuffledFrom<Factor> from;
  const T* grad_y;
  bool accumulate;
  T* grad_x;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    T& gradient = grad_x[from(i)];
    gradient = accumulate ? gradient + grad_y[i] : grad_y[i];
  }
};

template <index_t Factor>
struct Kernel<operation::PixelShuffle<Factor>> {
  template <class Y, class X>
  static void forward(const operation::PixelShuffle<Factor>&, autograd::NothingSaved*, Y& y, const X& x) {
    using S = shape_of_t<X>;
    launch(S::size, PixelShuffle<typename X::value_type, Factor>{{S::dims[2], S::dims[3]}, x.data(), y.data()});
  }
  template <class Y, class X>
  static void backward(const operation::PixelShuffle<Factor>&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    using S = shape_of_t<X>;
    if (x.grad)
      launch(S::size, PixelShuffleGradient<typename X::value_type, Factor>{
                          {S::dims[2], S::dims[3]}, grad_y.data(), x.accumulate, x.grad});
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
