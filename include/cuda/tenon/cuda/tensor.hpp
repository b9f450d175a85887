/// \file
/// `cuda::Tensor<T, D...>`: a tensor in device memory.
#pragma once

#include <tenon/autograd/variable.hpp>
#include <tenon/core/arithmetic.hpp>
#include <tenon/core/random.hpp>
#include <tenon/core/tensor.hpp>

#include "memory.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// A row-major, contiguous array in the memory of the device that was current when it was made. Its elements are
/// reached through `to_host()` and `copy`; a moved-from tensor may only be assigned to or destroyed.
template <class T, index_t... D>
class Tensor {
 public:
  using place = device;
  using value_type = T;
  using static_shape = Shape<D...>;
  static constexpr std::size_t rank = sizeof...(D);

  /// Makes a tensor of zeros.
  Tensor() : Tensor(uninitialized) { fill(T(0)); }
  explicit Tensor(uninitialized_t) : elements_(static_shape::size) {}
  explicit Tensor(const tenon::Tensor<T, D...>& host) : Tensor(uninitialized) { *this = host; }
  Tensor(const Tensor& other) : elements_(static_shape::size, other.device_id()) { copy_from(other.data()); }
  Tensor(Tensor&&) noexcept = default;
  ~Tensor() = default;

  Tensor& operator=(const Tensor& other) {
    if (this == &other) return *this;
    if (!data()) elements_ = Array<T>(static_shape::size, other.device_id());
    copy_from(other.data());
    return *this;
  }
  Tensor& operator=(Tensor&& other) {
    if (is_view()) return *this = std::as_const(other);
    elements_ = std::move(other.elements_);
    return *this;
  }
  Tensor& operator=(const tenon::Tensor<T, D...>& host) {
    if (!data()) elements_ = Array<T>(static_shape::size);
    const device::scope here(*this);
    device::from_host(host.data(), static_shape::size, data());
    return *this;
  }

  Tensor& operator+=(const Tensor& other) {
    const device::scope here(*this, other);
    device::map(static_shape::size, pointwise::Plus{}, data(), data(), other.data());
    return *this;
  }

  /// Returns a tensor without elements, which may only be assigned to or destroyed.
  static Tensor unallocated() noexcept { return view(nullptr); }
  /// Returns a tensor without elements on the device of `other`, which may only be assigned to or destroyed.
  static Tensor unallocated(const Tensor& other) { return Tensor(Array<T>(0, other.device_id())); }
  /// Returns a tensor over `elements` (D...), memory of the current device that stays the caller's.
  static Tensor view(T* elements) noexcept { return Tensor(Array<T>::view(elements)); }
  bool is_view() const noexcept { return elements_.is_view(); }

  /// Returns the elements (D...), in device memory.
  T* data() noexcept { return elements_.data(); }
  const T* data() const noexcept { return elements_.data(); }
  static constexpr std::size_t size() noexcept { return static_cast<std::size_t>(static_shape::size); }

  /// Returns the device in whose memory the elements are.
  int device_id() const noexcept { return elements_.device_id(); }

  void fill(T value) {
    const device::scope here(*this);
    device::fill(data(), static_shape::size, value);
  }
  /// Returns a copy in memory of the host; waits until the elements are computed.
  tenon::Tensor<T, D...> to_host() const {
    const device::scope here(*this);
    tenon::Tensor<T, D...> host(uninitialized);
    device::to_host(data(), static_shape::size, host.data());
    return host;
  }
  /// Returns a copy of element `i` of the leading axis, counted from its end if negative.
  template <class Index>
  auto operator[](const Index& i) const -> std::add_const_t<decltype(tenon::detail::element_of(*this, i))> {
    return tenon::detail::element_of(*this, i);
  }
  /// Returns the value of a scalar; waits until it is computed.
  T item() const
    requires(static_shape::size == 1)
  {
    return *to_host().data();
  }

 private:
  explicit Tensor(Array<T> elements) noexcept : elements_(std::move(elements)) {}
  /// Copies `elements` (D...), in device memory.
  void copy_from(const T* elements) {
    const device::scope here(*this);
    device::copy(elements, static_shape::size, data());
  }

  Array<T> elements_;
};

namespace detail {
template <class T, class S>
struct tensor_of;
template <class T, index_t... D>
struct tensor_of<T, Shape<D...>> {
  using type = Tensor<T, D...>;
};
}  // namespace detail

/// The tensor of element type `T` and shape `S` in device memory.
template <class T, class S>
using tensor_of_t = typename detail::tensor_of<T, S>::type;

/// Returns a copy of `host` in the memory of the current device.
template <class T, index_t... D>
Tensor<T, D...> copy(const tenon::Tensor<T, D...>& host) {
  return Tensor<T, D...>(host);
}

// These draw on the host, so that one seed gives the same parameters everywhere.
template <class T, index_t... D>
void fill_uniform(Tensor<T, D...>& tensor, double bound) {
  if (!tenon::detail::initialize_parameters) return;
  tenon::Tensor<T, D...> host(uninitialized);
  tenon::fill_uniform(host, bound);
  tensor = host;
}
template <class T, index_t... D>
void fill_normal(Tensor<T, D...>& tensor) {
  if (!tenon::detail::initialize_parameters) return;
  tenon::Tensor<T, D...> host(uninitialized);
  tenon::fill_normal(host);
  tensor = host;
}

}  // namespace tenon::inline TENON_ISA::cuda

namespace tenon::inline TENON_ISA::detail {
template <class T, index_t... D>
struct shape_of<cuda::Tensor<T, D...>> {
  using type = Shape<D...>;
};
}  // namespace tenon::inline TENON_ISA::detail
