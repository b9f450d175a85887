/// \file
/// Pooling on the device.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tenon/nn/pooling.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// One output of a max pooling: the largest element of its window, NaN if there is one, and its position in the plane:
/// the first of equal ones, the last NaN.
template <class T, int Rank>
struct MaxPool {
  static constexpr T lowest = -std::numeric_limits<T>::infinity();
  Window axes[Rank];
  const T* x;
  T* y;
  std::int64_t* indices;  // may be null

  MaxPool(const PoolGeometry<Rank>& geometry, const T* x_, T* y_, std::int64_t* indices_)
      : x(x_), y(y_), indices(indices_) {
    std::copy_n(geometry.axes, Rank, axes);
  }

  TENON_HOST_DEVICE void operator()(index_t i) const {
    index_t output[Rank], first[Rank], count[Rank], plane = i, in_size = 1, elements = 1;
    for (int a = Rank - 1; a >= 0; --a) {
      output[a] = plane % axes[a].output;
      plane /= axes[a].output;
      in_size *= axes[a].input;
      first[a] = axes[a].first_inside(output[a]);
      count[a] = axes[a].last_inside(output[a]) - first[a];
      elements *= count[a];
    }
    const T* from = x + plane * in_size;
    T best = lowest;
    index_t best_at = 0;
    for (index_t e = 0; e < elements; ++e) {
      index_t rest = e, at = 0, stride = 1;
      for (int a = Rank - 1; a >= 0; --a) {
        at += axes[a].position(output[a], first[a] + rest % count[a]) * stride;
        rest /= count[a];
        stride *= axes[a].input;
      }
      const T value = from[at];
      if (e == 0 || value > best || value != value) {
        best = value;
        best_at = at;
      }
    }
    y[i] = best;
    if (indices) indices[i] = best_at;
  }
};

template <int Rank, class T>
void max_pool(const PoolGeometry<Rank>& geometry, const T* x, T* y, std::int64_t* indices = nullptr) {
  index_t outputs = geometry.planes;
  for (const Window& axis : geometry.axes) outputs *= axis.output;
  launch(outputs, MaxPool<T, Rank>(geometry, x, y, indices));
}

template <class Shown, class Windows, bool ReturnIndices>
struct Kernel<operation::Pool<Shown, Windows, pooling::Max, ReturnIndices>> : ForwardOnly {
  using Operation = operation::Pool<Shown, Windows, pooling::Max, ReturnIndices>;

  template <class Y, class X>
  static void forward(const Operation&, Saved*, Y& y, const X& x) {
    constexpr auto geometry = Operation::geometry(shape_of_t<X>{});
    if constexpr (ReturnIndices)
      max_pool(geometry, x.data(), std::get<0>(y).data(), std::get<1>(y).data());
    else
      max_pool(geometry, x.data(), y.data());
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
