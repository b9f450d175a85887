/// \file
/// The place `tenon::cuda::device`: which device is current, and how work reaches it.
///
/// Compiled by nvcc this is a CUDA device. Compiled by any C++ compiler with `THRUST_DEVICE_SYSTEM` defined as
/// `THRUST_DEVICE_SYSTEM_CPP`, `_OMP` or `_TBB`, it is this machine's processors.
#pragma once

#include <thrust/detail/config.h>

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
#if !defined(__CUDACC__)
#error "tenon/cuda: compile with nvcc, or with -DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP (or _OMP, _TBB)"
#endif
#define TENON_ON_CUDA 1
#include <cuda_runtime_api.h>
#else
#define TENON_ON_CUDA 0
#endif

#include <thrust/copy.h>
#include <thrust/execution_policy.h>
#include <thrust/fill.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/zip_iterator.h>
#include <thrust/transform.h>
#include <thrust/tuple.h>
#include <thrust/zip_function.h>

#include <string>
#include <tenon/core/error.hpp>
#include <tenon/core/place.hpp>
#include <type_traits>
#include <utility>

namespace tenon::inline TENON_ISA::cuda {

template <class T, index_t... D>
class Tensor;
template <class T>
class Array;
/// The kernel of an operation in Thrust; specialised in the files of cuda/, with the signatures of `cpu::Kernel`.
template <class Operation>
struct Kernel;

/// The place of tensors in device memory. A thread's new tensors are made on its current device; work on tensors is
/// done on their device, in order. Pointers are to device memory, of `count` elements, unless a comment says otherwise;
/// core/place.hpp says what the functions do.
struct device {
  template <class T, index_t... D>
  using tensor = Tensor<T, D...>;
  template <class Operation>
  using kernel = Kernel<Operation>;
  template <class T>
  using array = Array<T>;
  class scope;
  /// Makes device `id` the current one of this thread. Throws tenon::Error if there is none.
  static void select(int id);

  template <class T>
  static void fill(T* y, index_t count, T value);
  /// Copies `x` to `y` after all work of the current device; between devices, after all work of both.
  template <class X, class T>
  static void copy(const X* x, index_t count, T* y);
  /// Copies `x`, in memory of the host, to `y`, and waits until that is done.
  template <class T>
  static void from_host(const T* x, index_t count, T* y);
  /// Copies `x` to `y`, in memory of the host, and waits until that is done, and so until `x` is computed.
  template <class T>
  static void to_host(const T* x, index_t count, T* y);
  template <class Function, class T, class... X>
  static void map(index_t count, const Function& function, T* y, const X*... x);
  template <class Function, class T, class... X>
  static void map_gradient(index_t count, bool accumulate, const Function& function, T* y, const X*... x);
  template <class Function, class... X>
  static void for_each(index_t count, const Function& function, X*... x);
  template <class Function, class... X>
  static double sum(index_t count, const Function& function, const X*... x);
  template <std::size_t Rank, class T>
  static void gather(const StridedView<Rank>& view, const T* x, T* y);
  template <std::size_t Rank, class T>
  static void scatter(const StridedView<Rank>& view, bool accumulate, const T* y, T* x);
  template <class Predicate, class T>
  static index_t find(index_t count, const Predicate& predicate, const T* x);
  /// Returns `*x * factor`, to be converted to a T on the device: nothing waits for `x`, a scalar in device memory.
  template <class T>
  static auto scaled(const T* x, T factor);
};

#if TENON_ON_CUDA
namespace detail {
inline void check_cuda(cudaError_t status, const char* what) {
  if (status != cudaSuccess) raise(std::string(what) + ": " + cudaGetErrorString(status));
}
}  // namespace detail

/// Returns the number of devices; 0 without a driver.
inline int device_count() noexcept {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}
/// Throws tenon::Error where there is no device.
inline void require_device() {
  static const bool found = [] {
    int count = 0;
    detail::check_cuda(cudaGetDeviceCount(&count), "no CUDA device");
    if (count == 0) raise("no CUDA device: the driver lists none");
    return true;
  }();
  (void)found;
}
/// Returns the calling thread's current device.
inline int current_device() {
  require_device();
  int id = 0;
  detail::check_cuda(cudaGetDevice(&id), "current CUDA device");
  return id;
}
inline void device::select(int id) {
  require_device();
  if (id < 0 || id >= device_count())
    raise("CUDA device " + std::to_string(id) + ": there are " + std::to_string(device_count()));
  detail::check_cuda(cudaSetDevice(id), "selecting a CUDA device");
}

/// Makes the device of the tensors `x` the current one as long as it lives. Throws tenon::Error if they are on several.
class device::scope {
 public:
  template <class... X>
  explicit scope(const X&... x) : scope(device_of(x...)) {}
  explicit scope(int id) : before_(current_device()), changed_(id != before_) {
    if (changed_) select(id);
  }
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
  ~scope() {
    if (changed_) cudaSetDevice(before_);
  }

 private:
  template <class... X>
  static int device_of(const X&... x) {
    int id = -1;
    const auto join = [&id](const auto& tensor) {
      if constexpr (requires { tensor.device_id(); }) {
        if (id >= 0 && id != tensor.device_id())
          raise("tensors on CUDA devices " + std::to_string(id) + " and " + std::to_string(tensor.device_id()));
        id = tensor.device_id();
      }
    };
    (join(x), ...);
    return id;
  }
  int before_;
  bool changed_;
};

/// Waits until the current device has done all its work. Throws tenon::Error if any of it failed.
inline void synchronize() {
  require_device();
  detail::check_cuda(cudaDeviceSynchronize(), "CUDA");
}

namespace detail {
// Kernels and cuBLAS use one stream. Nothing need wait for it: all reads of device memory come later in it.
inline auto policy() { return thrust::cuda::par_nosync.on(cudaStreamLegacy); }
inline void wait_for_stream() { check_cuda(cudaStreamSynchronize(cudaStreamLegacy), "computing on a CUDA device"); }
}  // namespace detail
#else
inline int device_count() noexcept { return 1; }
inline int current_device() noexcept { return 0; }
inline void device::select(int id) {
  if (id != 0) raise("device " + std::to_string(id) + ": without CUDA there is only device 0");
}
class [[maybe_unused]] device::scope {  // otherwise clang warns of each variable
 public:
  template <class... X>
  explicit scope(const X&...) noexcept {}
};
inline void synchronize() noexcept {}

namespace detail {
inline auto policy() { return thrust::device; }
inline void wait_for_stream() noexcept {}
}  // namespace detail
#endif

/// Whether there is a device, as `torch.cuda.is_available()`.
inline bool is_available() noexcept { return device_count() > 0; }

/// Calls `body(i)` for each i in [0, count) on the device, in any order.
template <class Body>
void launch(index_t count, const Body& body) {
  thrust::for_each_n(detail::policy(), thrust::counting_iterator<index_t>(0), count, body);
}

template <class T>
void device::fill(T* y, index_t count, T value) {
  thrust::fill_n(detail::policy(), y, count, value);
}

namespace detail {
template <class T>
struct Converted {
  template <class X>
  TENON_HOST_DEVICE T operator()(const X& x) const {
    return static_cast<T>(x);
  }
};
}  // namespace detail

template <class X, class T>
void device::copy(const X* x, index_t count, T* y) {
  if constexpr (!std::is_same_v<X, T>) {
    map(count, detail::Converted<T>{}, y, x);
  } else {
#if TENON_ON_CUDA
    const auto bytes = static_cast<std::size_t>(count) * sizeof(T);
    detail::check_cuda(cudaMemcpyAsync(y, x, bytes, cudaMemcpyDefault, cudaStreamLegacy), "copying on a CUDA device");
#else
    thrust::copy_n(detail::policy(), x, count, y);
#endif
  }
}
template <class T>
void device::from_host(const T* x, index_t count, T* y) {
  copy(x, count, y);
  detail::wait_for_stream();
}
template <class T>
void device::to_host(const T* x, index_t count, T* y) {
  copy(x, count, y);
  detail::wait_for_stream();
}

template <class Function, class T, class... X>
void device::map(index_t count, const Function& function, T* y, const X*... x) {
  if constexpr (sizeof...(X) == 1) {
    (thrust::transform(detail::policy(), x, x + count, y, function), ...);
  } else {
    const auto first = thrust::make_zip_iterator(thrust::make_tuple(x...));
    thrust::transform(detail::policy(), first, first + count, y, thrust::make_zip_function(function));
  }
}

namespace detail {
/// Computes y = function(x...), or adds it with `accumulate`.
template <class Function>
struct Gradient {
  bool accumulate;
  Function function;
  template <class T, class... X>
  TENON_HOST_DEVICE void operator()(T& y, const X&... x) const {
    const T value = function(x...);
    y = accumulate ? y + value : value;
  }
};
/// Returns function(x[i]...).
template <class Function, class... X>
struct CallAt {
  Function function;
  thrust::tuple<X*...> x;
  TENON_HOST_DEVICE auto operator()(index_t i) const { return at(i, std::index_sequence_for<X...>{}); }

 private:
  template <std::size_t... I>
  TENON_HOST_DEVICE auto at(index_t i, std::index_sequence<I...>) const {
    return function(thrust::get<I>(x)[i]...);
  }
};
/// The number `*x * factor`, where `x` is in device memory.
template <class T>
struct Scaled {
  const T* x;
  T factor;
  TENON_HOST_DEVICE operator T() const { return *x * factor; }
};
}  // namespace detail

template <class Function, class... X>
void device::for_each(index_t count, const Function& function, X*... x) {
  launch(count, detail::CallAt<Function, X...>{function, thrust::tuple<X*...>(x...)});
}
template <class Function, class T, class... X>
void device::map_gradient(index_t count, bool accumulate, const Function& function, T* y, const X*... x) {
  for_each(count, detail::Gradient<Function>{accumulate, function}, y, x...);
}

namespace detail {
/// Copies one element of a view of `x`.
template <std::size_t Rank, class T>
struct Gather {
  StridedView<Rank> view;
  const T* x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const { y[i] = x[view(i)]; }
};
/// Copies or adds one element to a view of `x`.
template <std::size_t Rank, class T>
struct Scatter {
  StridedView<Rank> view;
  bool accumulate;
  const T* y;
  T* x;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    T& to = x[view(i)];
    to = accumulate ? to + y[i] : y[i];
  }
};
}  // namespace detail

template <std::size_t Rank, class T>
void device::gather(const StridedView<Rank>& view, const T* x, T* y) {
  launch(view.size(), detail::Gather<Rank, T>{view, x, y});
}
template <std::size_t Rank, class T>
void device::scatter(const StridedView<Rank>& view, bool accumulate, const T* y, T* x) {
  launch(view.size(), detail::Scatter<Rank, T>{view, accumulate, y, x});
}
template <class T>
auto device::scaled(const T* x, T factor) {
  return detail::Scaled<T>{x, factor};
}

}  // namespace tenon::inline TENON_ISA::cuda
