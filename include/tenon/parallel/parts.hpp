/// \file
/// Parts of a batch: how tensors are split between devices, and put together again.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "../autograd/apply.hpp"
#include "../core/strided_view.hpp"
#include "../cpu/micro/strided_copy.hpp"

namespace tenon::inline TENON_ISA::parallel {

/// Splits axis `Dim`, which counts from the last if it is negative, into `Devices` equal parts.
template <int Dim, std::size_t Devices>
struct Split {
  static constexpr auto count = static_cast<index_t>(Devices);

  template <class S>
  static constexpr int axis = axis_of(Dim, S::rank);
  template <class S>
  static constexpr bool has_axis = axis<S> >= 0 && axis<S> < static_cast<int>(S::rank);
  /// Whether a tensor of shape `S` has equal parts.
  template <class S>
  static constexpr bool divides = [] {
    if constexpr (has_axis<S>)
      return S::dims[axis<S>] % count == 0;
    else
      return false;
  }();

  /// The part of a tensor of shape `S`, which has equal parts, and the tensor whose part one of shape `S` is.
  template <class T, class S>
  using part = tensor_of_t<T, replace_extent_t<S, axis<S>, S::dims[axis<S>] / count>>;
  template <class T, class S>
  using whole = tensor_of_t<T, replace_extent_t<S, axis<S>, S::dims[axis<S>] * count>>;

  /// Where the elements of the part of `device` are, in a tensor whose parts have shape `S`.
  template <class S>
  static constexpr StridedView<2> view(std::size_t device) {
    constexpr index_t outer = extent_between<S>(0, axis<S>), inner = extent_between<S>(axis<S>, S::rank);
    return StridedView<3>::of(Shape<outer, count, inner>{}).without(1, static_cast<index_t>(device));
  }

 private:
  template <class S>
  static constexpr index_t extent_between(std::size_t begin, std::size_t end) {
    index_t product = 1;
    for (std::size_t a = begin; a < end; ++a) product *= S::dims[a];
    return product;
  }
};

template <class X>
inline constexpr bool is_recorded = is_variable<X> || is_parameter<X>;

/// The part of an argument: of a Variable or Parameter, a Variable that records for itself; of a Tensor, a Tensor.
template <class Split, class X>
struct part_of {
  using whole = autograd::argument_t<X>;
  using tensor = typename Split::template part<typename whole::value_type, shape_of_t<whole>>;
  using type = std::conditional_t<is_recorded<X>, nn::Variable<tensor>, tensor>;

  /// Returns the part of `device`.
  static type take(const X& x, std::size_t device) {
    tensor elements(uninitialized);
    host::gather(Split::template view<shape_of_t<tensor>>(device), autograd::value_of(x).data(), elements.data());
    type part(std::move(elements));
    if constexpr (is_recorded<X>) {
      part.state()->requires_grad(autograd::wants_grad(x));
      if (autograd::is_volatile(x)) part.state()->make_volatile();
    }
    return part;
  }
};

/// The results of a module's call, which is a Tensor, a Variable, or a std::tuple of them, as a tuple.
template <class R>
struct results_of {
  using type = std::tuple<R>;
};
template <class... R>
struct results_of<std::tuple<R...>> {
  using type = std::tuple<R...>;
};

/// The tensor behind a result of every device, put together.
template <class Split, class R>
struct whole_of {
  using tensor = autograd::argument_t<R>;
  using type = typename Split::template whole<typename tensor::value_type, shape_of_t<tensor>>;

  /// Copies the result of `device` to its place.
  static void put(const R& result, std::size_t device, type& whole) {
    host::scatter(Split::template view<shape_of_t<tensor>>(device), false, autograd::value_of(result).data(),
                  whole.data());
  }
};

/// Returns the state of an argument or a result; null of a Tensor.
template <class X>
autograd::AnyStatePointer state_of(const X& x) {
  if constexpr (is_recorded<X>)
    return x.state();
  else
    return nullptr;
}

}  // namespace tenon::inline TENON_ISA::parallel
