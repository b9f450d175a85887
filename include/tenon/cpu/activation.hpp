/// \file
/// Activations on the CPU.
#pragma once

#include "../nn/activation.hpp"
#include "maps.hpp"
#include "micro/columns.hpp"
#include "micro/softmax.hpp"

namespace tenon::inline TENON_ISA::cpu {

namespace detail {
/// Calls f(offset, channel) for each plane of a tensor of shape `S`, (N, Channels, axes...).
template <class S, index_t Channels, class F>
void for_each_channel_plane(F&& f) {
  constexpr index_t inner = micro::axis_view(S::dims, 1).inner;
  for (index_t plane = 0; plane * inner < S::size; ++plane) f(plane * inner, plane % Channels);
}
}  // namespace detail

template <index_t Parameters>
struct Kernel<operation::PReLU<Parameters>> {
  template <class X, class W>
  static void forward(const operation::PReLU<Parameters>&, autograd::NothingSaved*, X& y, const X& x, const W& weight) {
    compute<typename X::value_type, shape_of_t<X>>(x.data(), weight.data(), y.data());
  }

  /// Writes PReLU of `x` to `y`, both of shape `S`; `weight` (Parameters). `y` may be `x`.
  template <class T, class S>
  static void compute(const T* x, const T* weight, T* y) noexcept {
    using V = micro::Vector<T>;
    const auto value = [](const V& v, const V& w)
                           TENON_ALWAYS_INLINE { return pointwise::choose(v > V(T(0)), v, w * v); };
    if constexpr (Parameters == 1) {
      micro::map<T>(S::size, [&, w = V(*weight)](const V& v) { return value(v, w); }, y, x);
    } else if constexpr (S::rank == 2) {
      for (index_t row = 0; row < S::size; row += Parameters)
        micro::map<T>(Parameters, value, y + row, x + row, weight);
    } else {
      detail::for_each_channel_plane<S, Parameters>([&](index_t plane, index_t c) {
        micro::map<T>(
            S::size / S::dims[0] / Parameters, [&, w = V(weight[c])](const V& v) { return value(v, w); }, y + plane,
            x + plane);
      });
    }
  }

  template <class X, class W>
  static void backward(const operation::PReLU<Parameters>&, const autograd::NothingSaved&, const X&, const X& grad_y,
                       const autograd::Input<X>& x, const autograd::Input<W>& weight) {
    using T = typename X::value_type;
    using S = shape_of_t<X>;
    using V = micro::Vector<T>;
    constexpr bool rows = Parameters != 1 && S::rank == 2;
    constexpr index_t plane_size = Parameters == 1 ? S::size : S::size / S::dims[0] / Parameters;
    const T *g = grad_y.data(), *v = x.value.data(), *w = weight.value.data();
    const auto gradient = [](const V& gv, const V& xv, const V& wv)
                              TENON_ALWAYS_INLINE { return pointwise::choose(xv > V(T(0)), gv, wv * gv); };
    const auto term = [](const V& gv, const V& xv)
                          TENON_ALWAYS_INLINE { return pointwise::choose(xv > V(T(0)), V(T(0)), gv * xv); };
    const auto for_each_plane = [&](auto&& f) {
      if constexpr (Parameters == 1)
        f(index_t{0}, index_t{0});
      else
        detail::for_each_channel_plane<S, Parameters>(f);
    };
    if (x.grad) {
      if constexpr (rows)
        for (index_t row = 0; row < S::size; row += Parameters)
          micro::map_gradient<T>(Parameters, x.accumulate, gradient, x.grad + row, g + row, v + row, w);
      else
        for_each_plane([&](index_t plane, index_t c) {
          micro::map_gradient<T>(
              plane_size, x.accumulate, [&, wv = V(w[c])](const V& gv, const V& xv) { return gradient(gv, xv, wv); },
              x.grad + plane, g + plane, v + plane);
        });
    }
    if (T* sum = weight.grad_to_add()) {
      if constexpr (rows)
        micro::add_column_sums<T, 1>(
            S::dims[0], Parameters, {sum},
            [&](const V&, const V& gv, const V& xv) TENON_ALWAYS_INLINE { return std::array{term(gv, xv)}; }, nullptr,
            g, v);
      else
        for_each_plane(
            [&](index_t plane, index_t c) { sum[c] += micro::map_sum<T>(plane_size, term, g + plane, v + plane); });
    }
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
