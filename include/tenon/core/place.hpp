/// \file
/// The contract of a place: where tensors are, and what computes on them. `host` is one; a GPU is another.
///
/// A place is a type without objects. Its `Place::tensor<T, D...>` is a class of tensors, and its
/// `Place::kernel<Operation>` computes an operation (autograd/operation.hpp says how). `const Place::scope here(x...)`
/// makes the device of the tensors `x` the current one, as long as it lives. A place with several devices has
/// `Place::select(id)`: new tensors are made on that one. `Place::array<T>(count)` is memory, not initialised; its
/// `data()` is null if `count` is 0. These functions work on `count` elements, in memory of the place:
///
///     Place::fill(y, count, value);                               // y[i] = value
///     Place::copy(x, count, y);                                   // y[i] = x[i], converted
///     Place::from_host(x, count, y);                              // that, where x is on the host
///     Place::to_host(x, count, y);                                // that, where y is on the host
///     Place::map(count, function, y, x...);                       // y[i] = function(x[i]...)
///     Place::map_gradient(count, accumulate, function, y, x...);  // that, or y[i] += function(x[i]...)
///     Place::for_each(count, function, x...);                     // function(x[i]...)
///     Place::sum(count, function, x...);                          // the sum of function(x[i]...), a double
///     Place::find(count, predicate, x);                           // the first i with predicate(x[i]); else count
///     Place::gather(view, x, y);                                  // y[i] = x[view(i)], view a core/strided_view.hpp
///     Place::scatter(view, accumulate, y, x);                     // x[view(i)] = y[i], or x[view(i)] += y[i]
///     Place::scaled(x, factor);                                   // converts to *x * factor, in functors as well
///
/// `y` may be one of the `x` of a map, and overlaps none of them otherwise. No two positions of a view are the same
/// element. The function of `for_each` takes references and changes the elements whose pointer is not one to const; the
/// first pointer is not. Elements come in any order. A function is a functor of numbers and of SIMD batches of them,
/// which holds numbers only and is TENON_HOST_DEVICE: core/pointwise.hpp and core/arithmetic.hpp have most. For nvcc it
/// must not be a lambda, nor have local variables. A predicate is a functor of numbers alone.
#pragma once

#include <algorithm>

#include "geometry.hpp"
#include "memory.hpp"
#include "strided_view.hpp"

namespace tenon::inline TENON_ISA {

template <class T, index_t... D>
class Tensor;

namespace cpu {
/// The kernel of an operation on the CPU; specialised in the files of cpu/.
template <class Operation>
struct Kernel;
}  // namespace cpu
namespace cuda {
/// The place of `m.cuda(id)`, in <tenon/cuda/device.hpp>.
struct device;
}  // namespace cuda

/// The place of the CPU. The comment of this file says what its functions do; all pointers are to `count` elements. The
/// vector loops are in cpu/micro/map.hpp and cpu/micro/strided_copy.hpp.
struct host {
  template <class T, index_t... D>
  using tensor = Tensor<T, D...>;
  template <class Operation>
  using kernel = cpu::Kernel<Operation>;
  template <class T>
  using array = memory::Array<T>;
  struct scope {
    template <class... X>
    explicit scope(const X&...) noexcept {}
  };

  template <class T>
  static void fill(T* y, index_t count, T value) {
    std::fill_n(y, count, value);
  }
  template <class X, class T>
  static void copy(const X* x, index_t count, T* y) {
    std::transform(x, x + count, y, [](const X& element) { return static_cast<T>(element); });
  }
  template <class T>
  static void copy(const T* x, index_t count, T* y) {
    std::copy_n(x, count, y);
  }
  template <class T>
  static void from_host(const T* x, index_t count, T* y) {
    std::copy_n(x, count, y);
  }
  template <class T>
  static void to_host(const T* x, index_t count, T* y) {
    std::copy_n(x, count, y);
  }
  template <class Function, class T, class... X>
  static void map(index_t count, const Function& function, T* y, const X*... x);
  template <class Function, class T, class... X>
  static void map_gradient(index_t count, bool accumulate, const Function& function, T* y, const X*... x);
  template <class Function, class T, class... X>
  static void for_each(index_t count, const Function& function, T* first, X*... x);
  template <class Function, class T, class... X>
  static double sum(index_t count, const Function& function, const T* first, const X*... x);
  template <std::size_t Rank, class T>
  static void gather(const StridedView<Rank>& view, const T* x, T* y);
  template <std::size_t Rank, class T>
  static void scatter(const StridedView<Rank>& view, bool accumulate, const T* y, T* x);
  template <class Predicate, class T>
  static index_t find(index_t count, const Predicate& predicate, const T* x) {
    return std::find_if(x, x + count, predicate) - x;
  }
  template <class T>
  static T scaled(const T* x, T factor) {
    return *x * factor;
  }
};

/// Returns the number at `x`, in memory of `Place`.
template <class Place, class T>
T read(const T* x) {
  T number;
  Place::to_host(x, 1, &number);
  return number;
}

namespace nn {
/// An element type at a place: `dtype` holds it where the parameters are not on the host. `cuda(id)` makes it.
template <class Place, class T>
struct on {};
}  // namespace nn

namespace detail {
template <class TensorType>
struct placed_tensor {
  using type = TensorType;
};
template <class Place, class T, index_t... D>
struct placed_tensor<Tensor<nn::on<Place, T>, D...>> {
  using type = typename Place::template tensor<T, D...>;
};
}  // namespace detail

/// The tensor that `Tensor<T, D...>` stands for in a user's module, whose element type `T` may name a place.
template <class TensorType>
using placed_tensor_t = typename detail::placed_tensor<TensorType>::type;

}  // namespace tenon::inline TENON_ISA
