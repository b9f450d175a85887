/// \file
/// Pooling on the CPU.
#pragma once

#include "../nn/pooling.hpp"
#include "micro/pooling.hpp"

namespace tenon::inline TENON_ISA::cpu {

/// The kernel of poolings that make a total of all elements of a window.
template <class Shown, class Windows, class Function>
  requires(!std::is_same_v<Function, pooling::Max>)
struct Kernel<operation::Pool<Shown, Windows, Function, false>> {
  using Operation = operation::Pool<Shown, Windows, Function, false>;

  template <class Y, class X>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x) {
    static constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    micro::pool<Function>(geometry, x.data(), y.data());
  }
  template <class Y, class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y& y, const Y& grad_y,
                       const autograd::Input<X>& x) {
    static constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    // Where the gradient does not depend on x and y, they were not kept: the loops are given other arrays of their
    // size.
    constexpr bool reads = Function::gradient_reads_input;
    if (auto* grad_x = x.grad_to_add())
      micro::add_pool_gradient<Function>(geometry, reads ? x.value.data() : grad_x, (reads ? y : grad_y).data(),
                                         grad_y.data(), grad_x);
  }
};

namespace detail {

/// Both passes of poolings that pick the largest element of a window.
template <bool ReturnIndices>
struct PickLargest {
  struct Saved {
    memory::Array<std::int32_t> largest;  // for each output, the position in its input plane that it came from
  };

  template <class Geometry, class Y, class X>
  static void forward(const Geometry& geometry, Saved* saved, Y& y, const X& x) {
    static_assert(shape_of_t<X>::size / (shape_of_t<X>::dims[0] * shape_of_t<X>::dims[1]) <=
                  (std::numeric_limits<std::int32_t>::max)());
    auto& result = first(y);
    if (saved) {
      saved->largest = memory::Array<std::int32_t>(result.size());
      micro::max_pool(geometry, x.data(), result.data(), saved->largest.data());
      if constexpr (ReturnIndices) std::copy_n(saved->largest.data(), result.size(), std::get<1>(y).data());
    } else if constexpr (ReturnIndices) {
      micro::max_pool(geometry, x.data(), result.data(), std::get<1>(y).data());
    } else {
      micro::pool<pooling::Max>(geometry, x.data(), result.data());
    }
  }

  template <class Geometry, class GradY, class X>
  static void backward(const Geometry& geometry, const Saved& saved, const GradY& grad_y, const autograd::Input<X>& x) {
    if (!x.grad) return;
    const auto* gradient = gradient_of(grad_y);
    if (auto* grad_x = x.grad_to_add(); gradient) micro::add_at(geometry, gradient, saved.largest.data(), grad_x);
  }

 private:
  template <class Y>
  static auto& first(Y& y) {
    if constexpr (ReturnIndices)
      return std::get<0>(y);
    else
      return y;
  }
  /// Returns the elements of the gradient of the largest elements; null where nothing was made of them.
  template <class GradY>
  static const auto* gradient_of(const GradY& grad_y) {
    if constexpr (ReturnIndices)
      return std::get<0>(grad_y) ? std::get<0>(grad_y)->data() : nullptr;
    else
      return grad_y.data();
  }
};

}  // namespace detail

template <class Shown, class Windows, bool ReturnIndices>
struct Kernel<operation::Pool<Shown, Windows, pooling::Max, ReturnIndices>> {
  using Operation = operation::Pool<Shown, Windows, pooling::Max, ReturnIndices>;
  using Pick = detail::PickLargest<ReturnIndices>;
  using Saved = typename Pick::Saved;

  template <class Y, class X>
  static void forward(const Operation&, Saved* saved, Y& y, const X& x) {
    static constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    Pick::forward(geometry, saved, y, x);
  }
  template <class Y, class GradY, class X>
  static void backward(const Operation&, const Saved& saved, const Y&, const GradY& grad_y,
                       const autograd::Input<X>& x) {
    static constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    Pick::backward(geometry, saved, grad_y, x);
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
