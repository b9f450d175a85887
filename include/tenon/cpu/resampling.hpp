/// \file
/// Upsampling and padding on the CPU.
#pragma once

#include "../autograd/apply.hpp"
#include "micro/resample.hpp"

namespace tenon::inline TENON_ISA::cpu {

/// The kernel of operations whose output pixels are weighted sums of few input pixels of their plane.
template <class Operation>
  requires(Operation::resamples)
struct Kernel<Operation> {
  template <class X>
  using Resampling = micro::Resampling<typename X::value_type, Operation, shape_of_t<X>>;
  template <class X>
  static constexpr index_t planes = shape_of_t<X>::dims[0] * shape_of_t<X>::dims[1];

  template <class Y, class X>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x) {
    using R = Resampling<X>;
    memory::Array<typename X::value_type> workspace(micro::resample_workspace_size<R::blends>(R::output_columns, 1));
    micro::resample<R::blends, 1>(planes<X>, R::axes(), x.data(), y.data(), workspace.data());
  }

  template <class Y, class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    using R = Resampling<X>;
    if (!x.grad) return;
    memory::Array<typename X::value_type> workspace(
        micro::resample_gradient_workspace_size<R::blends>(R::output_columns));
    micro::add_resample_gradient<R::blends>(planes<X>, R::axes(), grad_y.data(), x.grad_to_add(), workspace.data());
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
