/// \file
/// What the kernels of all chapters need.
#pragma once

#include <tenon/autograd/apply.hpp>
#include <tenon/core/pointwise.hpp>

#include "tensor.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// Base of the kernels: on the device there is no backward pass, so a call that would be recorded for one throws.
struct ForwardOnly {
  struct Saved {
    Saved() { raise("a call on tensors in device memory cannot be recorded: pass the tensor or a no_grad Variable"); }
  };
  template <class... X>
  static void backward(const X&...) {}
};

/// The elements of a parameter, or null of one that is left out.
template <class P>
const auto* elements_or_null(const P& parameter) {
  return parameter.data();
}
inline std::nullptr_t elements_or_null(const Absent&) { return nullptr; }

/// y = function(y + bias of the channel); a tensor is (..., channels, inner).
template <class T, class Function>
struct AddBias {
  index_t channels, inner;
  const T* bias;
  T* y;
  Function function;
  TENON_HOST_DEVICE void operator()(index_t i) const { y[i] = function(y[i] + bias[i / inner % channels]); }
};

/// What follows a matrix product: y = function(y + bias); without either, nothing.
template <class Function, class T>
void finish(index_t count, index_t channels, index_t inner, const T* bias, T* y) {
  if (bias)
    launch(count, AddBias<T, Function>{channels, inner, bias, y, {}});
  else if constexpr (!std::is_same_v<Function, pointwise::Identity>)
    map(count, Function{}, static_cast<const T*>(y), y);
}

}  // namespace tenon::inline TENON_ISA::cuda
