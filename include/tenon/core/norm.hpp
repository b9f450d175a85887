/// \file
/// The p-norm of a vector, written once for kernels of both places.
#pragma once

#include <cmath>

#include "elementary.hpp"

#if defined(__CUDACC__)
// As in pointwise.hpp: on the host the functions are called with SIMD batches too. (There nvcc takes no template
// arguments that name a batch: they are deduced.)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 20011, 20013, 20014, 20015
#endif

namespace tenon::inline TENON_ISA {

/// Returns a - b + Eps, the difference that a distance is the norm of.
template <double Eps, class T>
TENON_HOST_DEVICE T shifted_difference(const T& a, const T& b) {
  return elementary::in_order(a - b) + pointwise::full_like(a, Eps);
}

/// The norm (sum over i of |x[i]|^P)^(1/P), generic over float, double, xsimd::batch and device floats.
template <double P>
struct Norm {
  /// Returns what an element adds to the sum, |x|^P.
  template <class T>
  TENON_HOST_DEVICE static T term(const T& x) {
    using std::abs;
    if constexpr (pointwise::equal(P, 1.0))
      return abs(x);
    else if constexpr (pointwise::equal(P, 2.0))
      return x * x;
    else
      return elementary::pow(abs(x), P);
  }
  /// Returns the norm of a vector whose terms have this sum.
  template <class T>
  TENON_HOST_DEVICE static T root(const T& sum) {
    if constexpr (pointwise::equal(P, 1.0))
      return sum;
    else if constexpr (pointwise::equal(P, 2.0))
      return elementary::sqrt(sum);
    else
      return elementary::pow(sum, 1 / P);
  }
  /// Returns the derivative of the norm by element `x`; zero where there is none.
  template <class T>
  TENON_HOST_DEVICE static T gradient(const T& x, const T& norm) {
    using pointwise::choose, pointwise::equal, std::abs;
    if constexpr (pointwise::equal(P, 1.0)) {
      return choose(x > T(0), T(1), choose(x < T(0), T(-1), T(0)));
    } else if constexpr (pointwise::equal(P, 2.0)) {
      return choose(equal(norm, T(0)), T(0), x / norm);
    } else {
      return choose(equal(norm, T(0)) || equal(x, T(0)), T(0),
                    choose(x < T(0), T(-1), T(1)) * elementary::pow(abs(x) / norm, P - 1));
    }
  }
};

}  // namespace tenon::inline TENON_ISA

#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
