/// \file
/// The contract of an operation and of its kernels.
///
/// An operation says WHAT. It is a canonical options type, whose members are everything else that a call depends on
/// (training mode, buffers). `apply` asks it for
///
///     static constexpr std::string_view name;                   // for errors
///     static consteval auto output_shape(Shape...);             // a Shape, Shapes<...> of several, or a rejection
///     template <std::size_t I, class T> using result_element;   // optional: of result I, where the first input has T
///     static constexpr Needs backward_needs;                    // optional: the values that backward reads
///     static constexpr int index_argument;                      // optional: this argument holds 64-bit integers
///     using buffer_element;                                     // optional: of the module's buffers
///
/// The `kernel<Operation>` of a place (`cpu::Kernel` of the host, `cuda::Kernel` of a device) says HOW:
///
///     struct Saved;                                             // optional: what backward wants from forward
///     static void forward(operation, Saved*, y, x...);          // null unless recorded
///     static void backward(operation, Saved, y, grad_y, Input(x)...);
///
/// All tensors are at that place, and `forward` sets all of y. With several results, y is a tuple of tensors in
/// `forward`; in `backward`, y and grad_y are tuples of pointers, null where nobody kept the result or passes a
/// gradient on. A value that `backward_needs` does not name may have no elements by then: the kernel must not read it.
/// An input that is left out, such as the bias of a layer without one, is Absent, and its gradient null.
#pragma once

#include "needs.hpp"
#include "variable.hpp"

namespace tenon::inline TENON_ISA {

/// The shapes of several outputs, as a shape rule returns them.
template <class... S>
struct Shapes {};
template <class S>
inline constexpr bool is_several = false;
template <class... S>
inline constexpr bool is_several<Shapes<S...>> = true;

/// Returns the elements of a tensor or parameter; null if it is left out.
template <class P>
const auto* elements_or_null(const P& parameter) {
  return parameter.data();
}
inline std::nullptr_t elements_or_null(const Absent&) { return nullptr; }

namespace autograd {

/// An input of a backward kernel.
template <class TensorType>
struct Input {
  using element = typename TensorType::value_type;

  const TensorType& value;
  /// The elements of the gradient, of the shape of `value`; null if nobody wants it.
  element* grad = nullptr;
  /// Whether a kernel must add to the elements of the gradient; otherwise they are undefined and must be overwritten.
  bool accumulate = false;

  /// Returns `grad` for kernels that only add, cleared first where they should overwrite; null if nobody wants it.
  element* grad_to_add() const {
    if (grad && !accumulate) TensorType::place::fill(grad, shape_of_t<TensorType>::size, element(0));
    return grad;
  }
};
template <>
struct Input<Absent> {
  static constexpr Absent value{};
  static constexpr std::nullptr_t grad = nullptr;
  static constexpr std::nullptr_t grad_to_add() { return nullptr; }
};

struct NothingSaved {};
/// The type of what `Kernel` keeps from its forward for its backward pass.
template <class Kernel>
struct saved_by : std::type_identity<NothingSaved> {};
template <class Kernel>
  requires requires { typename Kernel::Saved; }
struct saved_by<Kernel> : std::type_identity<typename Kernel::Saved> {};

}  // namespace autograd

}  // namespace tenon::inline TENON_ISA
