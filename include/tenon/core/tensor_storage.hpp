/// \file
/// The elements of a Tensor: an aligned block of its own, or memory of the caller.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "geometry.hpp"
#include "memory.hpp"

namespace tenon::inline TENON_ISA {

/// `Size` elements of type `T`, with the container interface that xtensor needs. It cannot be copied.
template <class T, index_t Size>
class TensorStorage {
 public:
  using value_type = T;
  using reference = T&;
  using const_reference = const T&;
  using pointer = T*;
  using const_pointer = const T*;
  using iterator = T*;
  using const_iterator = const T*;
  using reverse_iterator = std::reverse_iterator<T*>;
  using const_reverse_iterator = std::reverse_iterator<const T*>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using allocator_type = std::allocator<T>;  // named by xtensor's interface, not used

  static TensorStorage allocate() { return TensorStorage(static_cast<T*>(memory::acquire(bytes)), true); }
  /// Returns a storage over `elements` (Size), memory of the caller; null for a tensor without elements.
  static TensorStorage view(T* elements) noexcept { return TensorStorage(elements, false); }

  TensorStorage(TensorStorage&& other) noexcept
      : elements_(std::exchange(other.elements_, nullptr)), owned_(other.owned_) {}
  TensorStorage& operator=(TensorStorage&& other) noexcept {
    std::swap(elements_, other.elements_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~TensorStorage() {
    if (owned_ && elements_) memory::release(elements_, bytes);
  }

  bool is_view() const noexcept { return elements_ && !owned_; }
  static constexpr size_type size() noexcept { return static_cast<size_type>(Size); }
  static constexpr bool empty() noexcept { return false; }

  pointer data() noexcept { return elements_; }
  const_pointer data() const noexcept { return elements_; }
  reference operator[](size_type i) noexcept { return elements_[i]; }
  const_reference operator[](size_type i) const noexcept { return elements_[i]; }
  iterator begin() noexcept { return elements_; }
  iterator end() noexcept { return elements_ + Size; }
  const_iterator begin() const noexcept { return elements_; }
  const_iterator end() const noexcept { return elements_ + Size; }
  const_iterator cbegin() const noexcept { return elements_; }
  const_iterator cend() const noexcept { return elements_ + Size; }
  reverse_iterator rbegin() noexcept { return reverse_iterator(end()); }
  reverse_iterator rend() noexcept { return reverse_iterator(begin()); }
  const_reverse_iterator rbegin() const noexcept { return const_reverse_iterator(end()); }
  const_reverse_iterator rend() const noexcept { return const_reverse_iterator(begin()); }
  const_reverse_iterator crbegin() const noexcept { return rbegin(); }
  const_reverse_iterator crend() const noexcept { return rend(); }

 private:
  static constexpr std::size_t bytes = static_cast<std::size_t>(Size) * sizeof(T);

  TensorStorage(T* elements, bool owned) noexcept : elements_(elements), owned_(owned) {}

  T* elements_;
  bool owned_;
};

}  // namespace tenon::inline TENON_ISA
