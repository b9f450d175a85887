/// \file
/// Pooling on the CPU.
#pragma once

#include "../nn/pooling.hpp"
#include "micro/pooling.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <int Rank, class K, class S, class P, class D, bool ReturnIndices, bool CeilMode>
struct Kernel<operation::MaxPool<Rank, K, S, P, D, ReturnIndices, CeilMode>> {
  using Operation = operation::MaxPool<Rank, K, S, P, D, ReturnIndices, CeilMode>;
  struct Saved {
    memory::Array<std::int32_t> largest;  // for each output, where in its input plane it came from
  };

  template <class Y, class X>
  static void forward(const Operation&, Saved* saved, Y& y, const X& x) {
    static constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    static_assert(shape_of_t<X>::size / geometry.planes <= std::numeric_limits<std::int32_t>::max());
    auto& result = first(y);
    if (!saved && !ReturnIndices) {
      micro::max_pool(geometry, x.data(), result.data(), nullptr);
      return;
    }
    memory::Array<std::int32_t> largest(result.size());
    micro::max_pool(geometry, x.data(), result.data(), largest.data());
    if constexpr (ReturnIndices) std::copy_n(largest.data(), largest.size(), std::get<1>(y).data());
    if (saved) saved->largest = std::move(largest);
  }

  template <class Y, class GradY, class X>
  static void backward(const Operation&, const Saved& saved, const Y&, const GradY& grad_y,
                       const autograd::Input<X>& x) {
    static constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    if (!x.grad) return;
    const auto* gradient = gradient_of(grad_y);
    if (auto* grad_x = x.grad_to_add(); gradient)
      micro::add_at(geometry, gradient, saved.largest.data(), grad_x);
  }

 private:
  template <class Y>
  static auto& first(Y& y) {
    if constexpr (ReturnIndices)
      return std::get<0>(y);
    else
      return y;
  }
  template <class GradY>
  static const auto* gradient_of(const GradY& grad_y) {
    if constexpr (ReturnIndices)
      return std::get<0>(grad_y) ? std::get<0>(grad_y)->data() : nullptr;
    else
      return grad_y.data();
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
