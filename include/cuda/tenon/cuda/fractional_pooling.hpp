/// \file
/// Pooling over windows at random distances, on the device.
#pragma once

#include <thrust/find.h>

#include <tenon/core/random.hpp>
#include <tenon/nn/fractional_pooling.hpp>

#include "pooling.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// The samples the host would draw.
template <class T>
void draw_samples(index_t count, T* samples) {
  memory::Array<T> drawn(static_cast<std::size_t>(count));
  draw_uniform(drawn.data(), drawn.size());
  copy_to_device(static_cast<const T*>(drawn.data()), count, samples);
}

template <class T>
struct IsNoSample {
  TENON_HOST_DEVICE bool operator()(const T& u) const { return !(u >= 0 && u < 1); }
};

template <class K, class Output, bool ReturnIndices>
struct Kernel<operation::FractionalMaxPool<K, Output, ReturnIndices>> {
  using Operation = operation::FractionalMaxPool<K, Output, ReturnIndices>;
  using Pick = detail::PickLargest<ReturnIndices>;
  using Saved = typename Pick::Saved;

  template <class Y, class X>
  static void forward(const Operation&, Saved* saved, Y& y, const X& x, Absent) {
    using T = typename X::value_type;
    constexpr index_t count = Operation::template samples<shape_of_t<X>>::size;
    Array<T> samples(count);
    draw_samples(count, samples.data());
    Pick::forward(Operation::windows::geometry(shape_of_t<X>{}, static_cast<const T*>(samples.data())), saved, y, x);
  }
  template <class Y, class X, class Samples>
  static void forward(const Operation&, Saved* saved, Y& y, const X& x, const Samples& samples) {
    using T = typename Samples::value_type;
    const T *first = samples.data(), *last = first + shape_of_t<Samples>::size;
    if (const T* wrong = thrust::find_if(detail::policy_with_memory(), first, last, IsNoSample<T>{}); wrong != last) {
      T u;
      copy_to_host(wrong, 1, &u);
      Operation::raise_sample(wrong - first, static_cast<double>(u));
    }
    Pick::forward(Operation::windows::geometry(shape_of_t<X>{}, first), saved, y, x);
  }

  template <class Y, class GradY, class X, class Samples>
  static void backward(const Operation&, const Saved& saved, const Y&, const GradY& grad_y, const autograd::Input<X>& x,
                       const autograd::Input<Samples>& samples) {
    samples.grad_to_add();  // they have none
    using T = typename X::value_type;
    Pick::backward(Operation::windows::geometry(shape_of_t<X>{}, static_cast<const T*>(nullptr)), saved, grad_y, x);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
