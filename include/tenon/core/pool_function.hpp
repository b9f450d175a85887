/// \file
/// The functions that poolings apply to the elements of a window, written once: generic over float, double,
/// xsimd::batch and device floats.
///
/// A total begins with `start`; each element x of the window joins it as `join(total, enter(x))`, in any order; the
/// result is `finish(total, divisor)`, the divisor being the product of the axes' `share`s. The gradient with respect
/// to x is `each(factor(g, y, divisor), x)`, which reads x if `gradient_reads_input`.
#pragma once

#include "elementary.hpp"
#include "pool_geometry.hpp"

#if defined(__CUDACC__)
// As in pointwise.hpp: on the host the functions are called with SIMD batches too.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014, 20015
#endif

namespace tenon::inline TENON_ISA {

namespace pooling {

/// Returns the larger of the two, or NaN if either is NaN, as in PyTorch.
template <class V>
TENON_HOST_DEVICE TENON_ALWAYS_INLINE inline V max_or_nan(const V& largest, const V& x) {
  return pointwise::choose(pointwise::equal(largest, largest), pointwise::at_least(largest, x), largest);
}

namespace detail {
constexpr bool is_whole(double x) { return pointwise::equal(static_cast<double>(static_cast<long long>(x)), x); }
}  // namespace detail

/// Returns x to the power of E; small multiples of 1/2 by products and square roots.
template <double E, class T>
TENON_HOST_DEVICE T power(const T& x) {
  if constexpr (pointwise::equal(E, 0.0)) {
    return T(1);
  } else if constexpr (pointwise::equal(E, 1.0)) {
    return x;
  } else if constexpr (pointwise::equal(E, 0.25)) {
    return elementary::sqrt(elementary::sqrt(x));
  } else if constexpr (E < 0 && E >= -16) {
    return T(1) / power<-E>(x);
  } else if constexpr (E > 0 && E <= 16 && detail::is_whole(2 * E)) {
    if constexpr (!detail::is_whole(E)) {
      if constexpr (E < 1)
        return elementary::sqrt(x);
      else
        return power<E - 0.5>(x) * elementary::sqrt(x);
    } else if constexpr (detail::is_whole(E / 2)) {
      return pointwise::square(power<E / 2>(x));
    } else {
      return pointwise::square(power<(E - 1) / 2>(x)) * x;
    }
  } else {
    return elementary::pow(x, E);
  }
}

/// The largest element; NaN if there is one. Its gradient goes to the element that was picked.
struct Max {
  static constexpr bool gradient_reads_input = false;
  template <class T>
  TENON_HOST_DEVICE static constexpr T start() {
    return elementary::lowest<T>;
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V enter(const V& x) {
    return x;
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V join(const V& a, const V& b) {
    return max_or_nan(a, b);
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V finish(const V& total, const V&) {
    return total;
  }
  template <class T, class Axis>
  TENON_HOST_DEVICE static constexpr T share(const Axis&, index_t) {
    return T(1);
  }
};

namespace detail {
/// The base of functions whose totals are sums.
struct Sum {
  template <class T>
  TENON_HOST_DEVICE static constexpr T start() {
    return T(0);
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V enter(const V& x) {
    return x;
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V join(const V& a, const V& b) {
    return a + b;
  }
};
}  // namespace detail

/// The mean over the window in the padded input with `CountIncludePad`, otherwise over its elements in the input
/// itself.
template <bool CountIncludePad>
struct Average : detail::Sum {
  static constexpr bool gradient_reads_input = false;
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V finish(const V& total, const V& count) {
    return total / count;
  }
  template <class T, class Axis>
  TENON_HOST_DEVICE static constexpr T share(const Axis& axis, index_t o) {
    return static_cast<T>(axis.counted(o, CountIncludePad));
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V factor(const V& g, const V&, const V& count) {
    return g / count;
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V each(const V& factor, const V&) {
    return factor;
  }
};

/// The norm (sum of x^P)^(1/P). As in PyTorch, the powers keep their sign, a window that the border cuts is scaled up
/// to the whole kernel, and a zero result has the gradient zero.
template <double P>
struct PowerSum : detail::Sum {
  static constexpr bool gradient_reads_input = true;
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V enter(const V& x) {
    return power<P>(x);
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V finish(const V& total, const V& inside) {
    return power<1 / P>(total / inside);
  }
  /// Returns the part of the window that is inside the input.
  template <class T, class Axis>
  TENON_HOST_DEVICE static constexpr T share(const Axis& axis, index_t o) {
    return static_cast<T>(axis.counted(o, false)) / static_cast<T>(axis.kernel);
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V factor(const V& g, const V& y, const V& inside) {
    return pointwise::choose(y == V(0), V(0), g / inside * power<1 - P>(y));
  }
  template <class V>
  TENON_HOST_DEVICE TENON_ALWAYS_INLINE static V each(const V& factor, const V& x) {
    return factor * power<P - 1>(x);
  }
};

}  // namespace pooling
}  // namespace tenon::inline TENON_ISA

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
