/// \file
/// Activations on the CPU.
#pragma once

#include "../nn/activation.hpp"
#include "micro/softmax.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class Function>
struct Kernel<operation::Pointwise<Function>> {
  template <class X>
  static void forward(const operation::Pointwise<Function>&, autograd::NothingSaved*, X& y, const X& x) {
    micro::map<typename X::value_type>(shape_of_t<X>::size, Function{}, y.data(), x.data());
  }

  template <class X>
  static void backward(const operation::Pointwise<Function>&, const autograd::NothingSaved&, const X& y,
                       const X& grad_y, const autograd::Input<X>& x) {
    if (!x.grad) return;
    const auto* saved = Function::saves == pointwise::Saves::output ? y.data() : x.value.data();
    micro::map_gradient<typename X::value_type>(
        shape_of_t<X>::size, x.accumulate,
        [](const auto& g, const auto& s) TENON_ALWAYS_INLINE { return Function{}.gradient(g, s); }, x.grad,
        grad_y.data(), saved);
  }
};

template <int Dim>
struct Kernel<operation::LogSoftmax<Dim>> {
  template <class S>
  static constexpr micro::AxisView axis =
      micro::axis_view(S::dims, operation::LogSoftmax<Dim>::template axis<S::rank>);

  template <class X>
  static void forward(const operation::LogSoftmax<Dim>&, autograd::NothingSaved*, X& y, const X& x) {
    using S = shape_of_t<X>;
    memory::Array<typename X::value_type> normalizer(static_cast<std::size_t>(axis<S>.outer * axis<S>.inner));
    compute<typename X::value_type, S>(x.data(), y.data(), normalizer.data());
  }

  /// `normalizer` holds one element per slice along the axis.
  template <class T, class S>
  static void compute(const T* x, T* y, T* normalizer) noexcept {
    constexpr auto a = axis<S>;
    micro::log_sum_exp<T>(a, x, normalizer);
    for (index_t o = 0; o < a.outer; ++o) {
      const index_t slice = o * a.size * a.inner;
      if constexpr (a.inner == 1) {
        const micro::Vector<T> n(normalizer[o]);
        micro::map<T>(a.size, [n](const auto& v) { return v - n; }, y + slice, x + slice);
      } else {
        for (index_t i = 0; i < a.size; ++i)
          micro::map<T>(a.inner, [](const auto& v, const auto& n) { return v - n; }, y + slice + i * a.inner,
                        x + slice + i * a.inner, static_cast<const T*>(normalizer) + o * a.inner);
      }
    }
  }

  /// grad_x = grad_y - softmax(x) * sum(grad_y)
  template <class X>
  static void backward(const operation::LogSoftmax<Dim>&, const autograd::NothingSaved&, const X& y, const X& grad_y,
                       const autograd::Input<X>& x) {
    using T = typename X::value_type;
    using V = micro::Vector<T>;
    if (!x.grad) return;
    constexpr auto a = axis<shape_of_t<X>>;
    if constexpr (a.inner == 1) {
      for (index_t o = 0; o < a.outer; ++o) {
        const index_t row = o * a.size;
        const T* g = grad_y.data() + row;
        const V total(micro::map_sum<T>(a.size, [](const V& v) { return v; }, g));
        micro::map_gradient<T>(
            a.size, x.accumulate, [total](const V& gv, const V& yv) { return gv - xsimd::exp(yv) * total; },
            x.grad + row, g, y.data() + row);
      }
    } else {
      memory::Array<T> totals(static_cast<std::size_t>(a.inner));
      for (index_t o = 0; o < a.outer; ++o) {
        const index_t slice = o * a.size * a.inner;
        std::fill_n(totals.data(), a.inner, T(0));
        for (index_t i = 0; i < a.size; ++i)
          micro::map<T>(a.inner, [](const V& sum, const V& g) { return sum + g; }, totals.data(),
                        static_cast<const T*>(totals.data()), grad_y.data() + slice + i * a.inner);
        for (index_t i = 0; i < a.size; ++i) {
          const index_t row = slice + i * a.inner;
          micro::map_gradient<T>(
              a.inner, x.accumulate,
              [](const V& g, const V& yv, const V& total) { return g - xsimd::exp(yv) * total; }, x.grad + row,
              grad_y.data() + row, y.data() + row, static_cast<const T*>(totals.data()));
        }
      }
    }
  }
};

}  // namespace tenon::inline TENON_ISA::cpu
