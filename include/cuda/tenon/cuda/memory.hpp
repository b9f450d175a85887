/// \file
/// Recycled device memory, so that a warm call allocates nothing.
#pragma once

#include <thrust/mr/device_memory_resource.h>
#include <thrust/mr/disjoint_sync_pool.h>
#include <thrust/mr/new.h>

#include <memory>
#include <tenon/core/memory.hpp>
#include <utility>
#include <vector>

#include "device.hpp"

namespace tenon::inline TENON_ISA::cuda {

namespace detail {

using Upstream = thrust::device_memory_resource;
using Resource = thrust::mr::memory_resource<Upstream::pointer>;

/// Returns the memory resource of device `id`.
inline Resource& resource(int id) {
  if constexpr (!memory::detail::recycle) {
    return *thrust::mr::get_global_resource<Upstream>();
  } else {
    using Pool = thrust::mr::disjoint_synchronized_pool_resource<Upstream, thrust::mr::new_delete_resource>;
    // Thrust's own choice takes 16 chunks of the first size asked for, then ever larger ones, up to 1 GiB.
    static const auto options = [] {
      thrust::mr::pool_options o = Pool::get_default_options();
      o.min_blocks_per_chunk = 1;
      o.max_bytes_per_chunk = std::size_t{1} << 25;
      o.cached_size_cutoff_factor = 2;
      return o;
    }();
    // Never destroyed: tensors may outlive it, and at the program's end the driver may be gone before them.
    static const auto& pools = *[] {
      auto* all = new std::vector<std::unique_ptr<Pool>>;
      for (int device = 0; device < device_count(); ++device) all->push_back(std::make_unique<Pool>(options));
      return all;
    }();
    return *pools[static_cast<std::size_t>(id)];
  }
}

// The policy of algorithms that need memory of their own.
inline auto policy_with_memory() {
#if TENON_ON_CUDA
  return thrust::cuda::par_nosync(&resource(current_device())).on(cudaStreamLegacy);
#else
  return policy();
#endif
}

}  // namespace detail

/// An array of `size` elements in the memory of one device, not initialised; or a view of the caller's elements in the
/// memory of the current device.
template <class T>
class Array {
 public:
  Array() = default;
  explicit Array(index_t size) : Array(size, current_device()) {}
  Array(index_t size, int device) : bytes_(static_cast<std::size_t>(size) * sizeof(T)), device_(device) {
    if (size == 0) return;
    const device::scope scope(device);
    elements_ = static_cast<T*>(detail::resource(device_).do_allocate(bytes_, alignment).get());
  }
  /// Returns a view of `elements`, in memory of the current device; null for an array without elements.
  static Array view(T* elements) noexcept {
    Array array;
    array.elements_ = elements;
    if (elements) array.device_ = current_device();
    return array;
  }
  Array(Array&& other) noexcept
      : elements_(std::exchange(other.elements_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        device_(other.device_) {}
  Array& operator=(Array&& other) noexcept {
    std::swap(elements_, other.elements_);
    std::swap(bytes_, other.bytes_);
    std::swap(device_, other.device_);
    return *this;
  }
  ~Array() {
    if (bytes_ == 0) return;
    detail::resource(device_).do_deallocate(detail::Upstream::pointer(elements_), bytes_, alignment);
  }

  T* data() noexcept { return elements_; }
  const T* data() const noexcept { return elements_; }
  bool is_view() const noexcept { return elements_ && bytes_ == 0; }
  int device_id() const noexcept { return device_; }

 private:
  static constexpr std::size_t alignment = THRUST_MR_DEFAULT_ALIGNMENT;

  T* elements_ = nullptr;
  std::size_t bytes_ = 0;  // 0 if the elements are not owned
  int device_ = 0;
};

}  // namespace tenon::inline TENON_ISA::cuda
