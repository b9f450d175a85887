/// \file
/// The p-norm of a vector, written once for kernels of both places.
#pragma once

#include <cmath>

#include "pointwise.hpp"

#if defined(__CUDACC__)
// As in pointwise.hpp: on the host the functions are called with SIMD batches too.
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014
#endif

namespace tenon::inline TENON_ISA {

namespace detail {
template <class T>
struct element {
  using type = T;
};
template <class T>
  requires requires { typename T::value_type; }
struct element<T> {
  using type = typename T::value_type;  // of a SIMD batch
};
}  // namespace detail

/// A number of the precision of `T`, which may be a SIMD batch: in all its lanes.
template <class T>
TENON_HOST_DEVICE constexpr T constant(double value) {
  return T(static_cast<typename detail::element<T>::type>(value));
}

/// (sum over i of |x[i]|^P)^(1/P). Generic over float, double, xsimd::batch and device floats.
template <double P>
struct Norm {
  /// What an element adds to the sum.
  template <class T>
  TENON_HOST_DEVICE static T term(const T& x) {
    using std::abs, std::pow;
    if constexpr (P == 1)
      return abs(x);
    else if constexpr (P == 2)
      return x * x;
    else
      return pow(abs(x), constant<T>(P));
  }
  /// The norm of a vector whose terms have this sum.
  template <class T>
  TENON_HOST_DEVICE static T root(const T& sum) {
    using std::pow, std::sqrt;
    if constexpr (P == 1)
      return sum;
    else if constexpr (P == 2)
      return sqrt(sum);
    else
      return pow(sum, constant<T>(1 / P));
  }
  /// The derivative of the norm by element `x`; zero where there is none.
  template <class T>
  TENON_HOST_DEVICE static T gradient(const T& x, const T& norm) {
    using pointwise::choose, std::abs, std::pow;
    if constexpr (P == 1) {
      return choose(x > T(0), T(1), choose(x < T(0), T(-1), T(0)));
    } else if constexpr (P == 2) {
      return choose(norm == T(0), T(0), x / norm);
    } else {
      const T size = pow(abs(x) / norm, constant<T>(P - 1));
      return choose(norm == T(0) || x == T(0), T(0), choose(x < T(0), -size, size));
    }
  }
};

}  // namespace tenon::inline TENON_ISA

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
