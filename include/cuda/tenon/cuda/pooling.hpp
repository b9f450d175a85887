/// \file
/// Pooling on the device. In all functors `x` is (planes, inputs...); `y`, `grad_y` and `largest` are
/// (planes, outputs...).
#pragma once

#include <cstdint>
#include <tenon/nn/pooling.hpp>

#include "kernel.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Walks a box of elements in a plane, in row-major order: `count[a]` along axis a, `step[a]` apart, the first at
/// `position`.
template <int Rank>
struct Box {
  index_t position = 0, at[Rank]{}, count[Rank], step[Rank];

  TENON_HOST_DEVICE bool more() const { return at[0] < count[0]; }
  TENON_HOST_DEVICE void next() {
    for (int a = Rank - 1;; --a) {
      position += step[a];
      if (++at[a] < count[a] || a == 0) return;
      position -= at[a] * step[a];
      at[a] = 0;
    }
  }
};

/// The position of an element of an image (planes, axes...): its plane, and its place along each axis.
template <int Rank>
struct Position {
  index_t plane, at[Rank];

  /// Returns the position of element `i` of images whose axes have `axis.*extent` elements.
  template <class Axis>
  TENON_HOST_DEVICE static Position of(const Axis (&axes)[Rank], index_t Axis::* extent, index_t i) {
    Position position{i, {}};
    for (int a = Rank - 1; a >= 0; --a) {
      position.at[a] = position.plane % (axes[a].*extent);
      position.plane /= axes[a].*extent;
    }
    return position;
  }
};

/// Returns the elements that the window at output position `o` sees.
template <int Rank, class Axis>
TENON_HOST_DEVICE Box<Rank> window_at(const PoolGeometry<Rank, Axis>& windows, const Position<Rank>& o) {
  Box<Rank> box;
  index_t stride = 1;
  bool empty = false;
  for (int a = Rank - 1; a >= 0; --a) {
    const Axis& axis = windows.axes[a];
    const index_t first = axis.first_inside(o.at[a]);
    box.count[a] = axis.last_inside(o.at[a]) - first;
    box.position += axis.position(o.at[a], first) * stride;
    box.step[a] = axis.dilation * stride;
    stride *= axis.input;
    empty = empty || box.count[a] <= 0;
  }
  if (empty) box.count[0] = 0;
  return box;
}

/// Returns the outputs whose windows can see input position `i`; `first` gets the place of the first along each axis.
template <int Rank, class Axis>
TENON_HOST_DEVICE Box<Rank> outputs_of(const PoolGeometry<Rank, Axis>& windows, const Position<Rank>& i,
                                       index_t (&first)[Rank]) {
  Box<Rank> box;
  index_t stride = 1;
  bool empty = false;
  for (int a = Rank - 1; a >= 0; --a) {
    const Axis& axis = windows.axes[a];
    first[a] = axis.first_output(i.at[a]);
    box.count[a] = axis.last_output(i.at[a]) - first[a];
    box.position += first[a] * stride;
    box.step[a] = stride;
    stride *= axis.output;
    empty = empty || box.count[a] <= 0;
  }
  if (empty) box.count[0] = 0;
  return box;
}

/// Computes one output of a pooling that makes a total of all elements of a window.
template <class Function, class T, class Geometry>
struct PoolElement {
  Geometry geometry;
  const T* x;
  T* y;

  TENON_HOST_DEVICE void operator()(index_t i) const {
    const auto o = Position<Geometry::rank>::of(geometry.axes, &Geometry::window::output, i);
    const auto& windows = geometry.in_plane(o.plane);
    const T* from = x + o.plane * geometry.in_size();
    T total = Function::template start<T>(), divisor = 1;
    for (auto box = window_at(windows, o); box.more(); box.next())
      total = Function::join(total, Function::enter(from[box.position]));
    for (int a = 0; a < Geometry::rank; ++a) divisor *= Function::template share<T>(windows.axes[a], o.at[a]);
    y[i] = Function::finish(total, divisor);
  }
};

/// Returns the gradient of one input of such a pooling: a sum over all windows that see it. Where
/// `Function::gradient_reads_input` is false, `x` and `y` may be any numbers.
template <class Function, class T, class Geometry>
struct PoolGradient {
  Geometry geometry;
  const T *x, *y, *grad_y;

  TENON_HOST_DEVICE T operator()(index_t i) const {
    const auto position = Position<Geometry::rank>::of(geometry.axes, &Geometry::window::input, i);
    const auto& windows = geometry.in_plane(position.plane);
    const index_t plane = position.plane * geometry.out_size();
    index_t first[Geometry::rank];
    T sum = 0;
    for (auto box = outputs_of(windows, position, first); box.more(); box.next()) {
      const index_t o = plane + box.position;
      T divisor = 1;
      for (int a = 0; a < Geometry::rank; ++a)
        divisor *= Function::template share<T>(windows.axes[a], first[a] + box.at[a]);
      sum += Function::each(Function::factor(grad_y[o], y[o], divisor), x[i]);
    }
    return sum;
  }
};

/// Computes one output of a max pooling and the position of the largest element in its plane: the first of equal ones,
/// the last NaN, as in PyTorch; -1 where the window sees no element. `y` or `largest` may be null.
template <class T, class Geometry>
struct LargestElement {
  Geometry geometry;
  const T* x;
  T* y;
  std::int64_t* largest;

  TENON_HOST_DEVICE void operator()(index_t i) const {
    const auto o = Position<Geometry::rank>::of(geometry.axes, &Geometry::window::output, i);
    const auto& windows = geometry.in_plane(o.plane);
    const T* from = x + o.plane * geometry.in_size();
    T best = pooling::Max::start<T>();
    index_t at = -1;
    for (auto box = window_at(windows, o); box.more(); box.next()) {
      const T value = from[box.position];
      const bool better = value > best || value != value;
      if (better || at < 0) at = box.position;
      if (better) best = value;
    }
    if (y) y[i] = best;
    if (largest) largest[i] = at;
  }
};

/// Returns the gradient of one input of a max pooling.
template <class T, class Geometry>
struct LargestGradient {
  Geometry geometry;
  const std::int64_t* largest;
  const T* grad_y;

  TENON_HOST_DEVICE T operator()(index_t i) const {
    const auto position = Position<Geometry::rank>::of(geometry.axes, &Geometry::window::input, i);
    const index_t plane = position.plane * geometry.out_size(), at = i - position.plane * geometry.in_size();
    index_t first[Geometry::rank];
    T sum = 0;
    for (auto box = outputs_of(geometry, position, first); box.more(); box.next())
      if (largest[plane + box.position] == at) sum += grad_y[plane + box.position];
    return sum;
  }
};

/// Computes y = Function of the elements in each window.
template <class Function, class T, class Geometry>
void pool(const Geometry& geometry, const T* x, T* y) {
  launch(geometry.planes * geometry.out_size(), PoolElement<Function, T, Geometry>{geometry, x, y});
}
/// Computes `y` = the largest element of each window and `largest` = its position in the plane; either may be null.
template <class T, class Geometry>
void max_pool(const Geometry& geometry, const T* x, T* y, std::int64_t* largest) {
  launch(geometry.planes * geometry.out_size(), LargestElement<T, Geometry>{geometry, x, y, largest});
}

template <class Shown, class Windows, class Function>
  requires(!std::is_same_v<Function, pooling::Max>)
struct Kernel<operation::Pool<Shown, Windows, Function, false>> {
  using Operation = operation::Pool<Shown, Windows, Function, false>;

  template <class Y, class X>
  static void forward(const Operation&, autograd::NothingSaved*, Y& y, const X& x) {
    pool<Function>(Operation::geometry(shape_of_t<X>{}), x.data(), y.data());
  }
  template <class Y, class X>
  static void backward(const Operation&, const autograd::NothingSaved&, const Y& y, const Y& grad_y,
                       const autograd::Input<X>& x) {
    const auto geometry = Operation::geometry(shape_of_t<X>{});
    using Gradient = PoolGradient<Function, typename X::value_type, std::remove_const_t<decltype(geometry)>>;
    // Where the gradient does not depend on x and y, they were not kept: the functor gets other arrays of their size.
    constexpr bool reads = Function::gradient_reads_input;
    if (x.grad)
      tabulate_gradient(
          x, Gradient{geometry, reads ? x.value.data() : x.grad, (reads ? y : grad_y).data(), grad_y.data()});
  }
};

namespace detail {

/// Both passes of poolings that pick the largest element of a window.
template <bool ReturnIndices>
struct PickLargest {
  struct Saved {
    Array<std::int64_t> largest;  // for each output, the position in its input plane that it came from
  };

  template <class Geometry, class Y, class X>
  static void forward(const Geometry& geometry, Saved* saved, Y& y, const X& x) {
    const index_t outputs = geometry.planes * geometry.out_size();
    if (saved) saved->largest = Array<std::int64_t>(outputs);
    std::int64_t* const largest = saved ? saved->largest.data() : nullptr;
    if constexpr (ReturnIndices) {
      std::int64_t* const indices = std::get<1>(y).data();
      max_pool(geometry, x.data(), std::get<0>(y).data(), indices);
      if (largest) device::copy(static_cast<const std::int64_t*>(indices), outputs, largest);
    } else {
      max_pool(geometry, x.data(), y.data(), largest);
    }
  }

  template <class Geometry, class GradY, class X>
  static void backward(const Geometry& geometry, const Saved& saved, const GradY& grad_y, const autograd::Input<X>& x) {
    using Gradient = LargestGradient<typename X::value_type, Geometry>;
    if (!x.grad) return;
    if (const auto* gradient = gradient_of(grad_y))
      tabulate_gradient(x, Gradient{geometry, saved.largest.data(), gradient});
    else
      x.grad_to_add();
  }

 private:
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
    Pick::forward(Operation::geometry(shape_of_t<X>{}), saved, y, x);
  }
  template <class Y, class GradY, class X>
  static void backward(const Operation&, const Saved& saved, const Y&, const GradY& grad_y,
                       const autograd::Input<X>& x) {
    Pick::backward(Operation::geometry(shape_of_t<X>{}), saved, grad_y, x);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
