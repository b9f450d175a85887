/// \file
/// Pooling over windows at random distances, on the CPU.
#pragma once

#include "../core/random.hpp"
#include "../nn/fractional_pooling.hpp"
#include "pooling.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class K, class Output, bool ReturnIndices>
struct Kernel<operation::FractionalMaxPool<K, Output, ReturnIndices>> {
  using Operation = operation::FractionalMaxPool<K, Output, ReturnIndices>;
  using Pick = detail::PickLargest<ReturnIndices>;
  using Saved = typename Pick::Saved;

  template <class Y, class X>
  static void forward(const Operation&, Saved* saved, Y& y, const X& x, Absent) {
    memory::Array<typename X::value_type> samples(Operation::template samples<shape_of_t<X>>::size);
    draw_uniform(samples.data(), samples.size());
    Pick::forward(Operation::windows::geometry(shape_of_t<X>{}, samples.data()), saved, y, x);
  }
  template <class Y, class X, class Samples>
  static void forward(const Operation&, Saved* saved, Y& y, const X& x, const Samples& samples) {
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (const auto u = samples.data()[i]; !(u >= 0 && u < 1))
        Operation::raise_sample(static_cast<index_t>(i), static_cast<double>(u));
    Pick::forward(Operation::windows::geometry(shape_of_t<X>{}, samples.data()), saved, y, x);
  }

  template <class Y, class GradY, class X, class Samples>
  static void backward(const Operation&, const Saved& saved, const Y&, const GradY& grad_y, const autograd::Input<X>& x,
                       const autograd::Input<Samples>& samples) {
    samples.grad_to_add();  // they have none
    using T = typename X::value_type;
    Pick::backward(Operation::windows::geometry(shape_of_t<X>{}, static_cast<const T*>(nullptr)), saved, grad_y, x);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
