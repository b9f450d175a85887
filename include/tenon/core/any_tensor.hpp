/// \file
/// A tensor whose element type and shape are known only at run time: the entry of a StateDict, the argument of a hook.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.hpp"
#include "half.hpp"
#include "isa.hpp"
#include "shape.hpp"

namespace tenon::inline TENON_ISA {

/// The element type of an AnyTensor, with the names that safetensors files use.
enum class DType { F16, BF16, F32, F64, I32, I64, U8, BOOL };

namespace detail {
struct DTypeInfo {
  std::string_view name;
  index_t size;
};
inline constexpr std::array<DTypeInfo, 8> dtypes{
    // in the order of DType
    {{"F16", 2}, {"BF16", 2}, {"F32", 4}, {"F64", 8}, {"I32", 4}, {"I64", 8}, {"U8", 1}, {"BOOL", 1}}};
}  // namespace detail

constexpr std::string_view dtype_name(DType dtype) { return detail::dtypes[static_cast<std::size_t>(dtype)].name; }

/// Returns the bytes per element.
constexpr index_t dtype_size(DType dtype) { return detail::dtypes[static_cast<std::size_t>(dtype)].size; }

/// Returns the DType called `name`, if there is one.
constexpr std::optional<DType> dtype_named(std::string_view name) {
  for (std::size_t i = 0; i < detail::dtypes.size(); ++i)
    if (detail::dtypes[i].name == name) return static_cast<DType>(i);
  return std::nullopt;
}

/// Whether tensors of this dtype hold floating point numbers, which convert into each other.
constexpr bool is_floating(DType dtype) {
  return dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::F32 || dtype == DType::F64;
}

/// The DType of a C++ element type. Specialise it to add a half-precision type.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> : std::integral_constant<DType, DType::F32> {};
template <>
struct DTypeOf<double> : std::integral_constant<DType, DType::F64> {};
template <>
struct DTypeOf<std::int32_t> : std::integral_constant<DType, DType::I32> {};
template <>
struct DTypeOf<std::int64_t> : std::integral_constant<DType, DType::I64> {};
template <>
struct DTypeOf<std::uint8_t> : std::integral_constant<DType, DType::U8> {};
template <>
struct DTypeOf<bool> : std::integral_constant<DType, DType::BOOL> {};

template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

/// A tensor whose element type and shape are known at compile time.
template <class T>
concept TypedTensor = requires(const T& tensor) {
  DTypeOf<typename T::value_type>::value;
  { tensor.data() } -> std::convertible_to<const typename T::value_type*>;
  shape_of_t<T>::dims;
};

namespace detail {

/// Returns the number of elements, or nothing where an extent is negative or the bytes would not fit an index_t.
constexpr std::optional<index_t> element_count(index_t element_size, std::span<const index_t> extents) {
  const index_t limit = (std::numeric_limits<index_t>::max)() / element_size;
  index_t count = 1;
  bool empty = false;
  for (const index_t extent : extents) {
    if (extent < 0 || extent > limit / count) return std::nullopt;
    if (extent == 0)
      empty = true;
    else
      count *= extent;
  }
  return empty ? 0 : count;
}

/// Returns dtype and shape as text: "F32 (2, 3)".
inline Text describe(std::string_view dtype, std::span<const index_t> extents) {
  Text text(dtype);
  text += " (";
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += to_text(extents[axis]);
  }
  return text + ")";
}

// A floating element of each dtype: its type in memory, and conversions from and to a float or double.
template <DType dtype>
struct Floating;
template <>
struct Floating<DType::F16> {
  using type = std::uint16_t;
  static constexpr float value(type bits) { return float_of_f16(bits); }
  static constexpr type of(float value) { return f16_of_float(value); }
};
template <>
struct Floating<DType::BF16> {
  using type = std::uint16_t;
  static constexpr float value(type bits) { return float_of_bf16(bits); }
  static constexpr type of(float value) { return bf16_of_float(value); }
};
template <>
struct Floating<DType::F32> {
  using type = float;
  static constexpr float value(type element) { return element; }
  static constexpr type of(float value) { return value; }
};
template <>
struct Floating<DType::F64> {
  using type = double;
  static constexpr double value(type element) { return element; }
  static constexpr type of(double value) { return value; }
};

/// Calls `f` with the Floating of `dtype`.
template <class F>
void with_floating(DType dtype, F f) {
  if (dtype == DType::F16) f(Floating<DType::F16>{});
  if (dtype == DType::BF16) f(Floating<DType::BF16>{});
  if (dtype == DType::F32) f(Floating<DType::F32>{});
  if (dtype == DType::F64) f(Floating<DType::F64>{});
}

/// Converts the floating elements `from` (count) to `to` (count), each to the nearest, halves to the even one, and
/// beyond the largest to infinity. As in PyTorch, a double becomes a float first and then an F16 or BF16.
inline void convert_floating(const void* from, DType from_dtype, void* to, DType to_dtype, index_t count) {
  with_floating(from_dtype, [=]<class From>(From) {
    with_floating(to_dtype, [=]<class To>(To) {
      const auto* source = static_cast<const typename From::type*>(from);
      auto* target = static_cast<typename To::type*>(to);
      using Wide = std::conditional_t<std::is_same_v<To, Floating<DType::F64>>, double, float>;
      for (index_t i = 0; i < count; ++i) target[i] = To::of(static_cast<Wide>(From::value(source[i])));
    });
  });
}

}  // namespace detail

/// Returns the number of elements, or nothing where an extent is negative or the bytes would not fit an index_t.
constexpr std::optional<index_t> element_count(DType dtype, std::span<const index_t> extents) {
  return detail::element_count(dtype_size(dtype), extents);
}

/// Returns dtype and shape as text: "F32 (2, 3)".
inline std::string describe(DType dtype, std::span<const index_t> extents) {
  return detail::describe(dtype_name(dtype), extents).c_str();
}

/// Returns dtype and shape of a type of tensors as text: "F32 (2, 3)" for a Tensor<float, 2, 3>.
template <TypedTensor Tensor>
std::string describe() {
  return describe(dtype_of<typename Tensor::value_type>, shape_of_t<Tensor>::dims);
}

/// A row-major, 64-byte aligned copy of a tensor's elements. A Tensor converts to it; `get` is the way back. A
/// moved-from AnyTensor may only be assigned to or destroyed.
///
///     tenon::AnyTensor any = Tensor<float, 2, 3>{};
///     assert(any.dtype() == tenon::DType::F32 && any.extents()[1] == 3);
///     auto back = any.get<Tensor<float, 2, 3>>();  // of another type: a tenon::Error
class AnyTensor {
 public:
  /// Makes a tensor of zeros. Throws tenon::Error where an extent is negative or the size out of range.
  AnyTensor(DType dtype, std::vector<index_t> extents) : dtype_(dtype), extents_(std::move(extents)) {
    const std::optional<index_t> count = element_count(dtype_, extents_);
    if (!count) raise("AnyTensor: wanted extents from 0 up that fit in memory, found " + text());
    size_ = *count;
    const index_t bytes = size_ * dtype_size(dtype_);
    lines_.resize(static_cast<std::size_t>(bytes / line_size + (bytes % line_size != 0)));
  }

  /// Copies `tensor`.
  template <TypedTensor Tensor>
  AnyTensor(const Tensor& tensor)
      : AnyTensor(dtype_of<typename Tensor::value_type>,
                  {shape_of_t<Tensor>::dims.begin(), shape_of_t<Tensor>::dims.end()}) {
    std::memcpy(data(), tensor.data(), bytes().size());
  }

  DType dtype() const noexcept { return dtype_; }
  /// Returns the extents, outermost first; none for a scalar. An extent may be 0.
  const std::vector<index_t>& extents() const noexcept { return extents_; }
  /// Returns the number of elements.
  index_t size() const noexcept { return size_; }

  std::byte* data() noexcept { return reinterpret_cast<std::byte*>(lines_.data()); }
  const std::byte* data() const noexcept { return reinterpret_cast<const std::byte*>(lines_.data()); }
  std::span<std::byte> bytes() noexcept { return {data(), static_cast<std::size_t>(size_ * dtype_size(dtype_))}; }
  std::span<const std::byte> bytes() const noexcept {
    return {data(), static_cast<std::size_t>(size_ * dtype_size(dtype_))};
  }

  /// Whether `get<Tensor>()` would succeed.
  template <TypedTensor Tensor>
  bool holds() const noexcept {
    return holds(dtype_of<typename Tensor::value_type>, shape_of_t<Tensor>::dims);
  }
  bool holds(DType dtype, std::span<const index_t> extents) const noexcept {
    return dtype == dtype_ && std::equal(extents.begin(), extents.end(), extents_.begin(), extents_.end());
  }

  /// Returns the elements as a Tensor of exactly this dtype and shape; throws tenon::Error for any other. `name` is
  /// what the error calls this tensor.
  template <TypedTensor Tensor>
  Tensor get(std::string_view name = "AnyTensor") const {
    Tensor tensor;
    copy_to(tensor.data(), dtype_of<typename Tensor::value_type>, shape_of_t<Tensor>::dims, name);
    return tensor;
  }
  /// Copies the elements to `elements` (extents...), of type `dtype`; throws tenon::Error if this tensor has another
  /// dtype or shape. `name` is what the error calls it.
  void copy_to(void* elements, DType dtype, std::span<const index_t> extents,
               std::string_view name = "AnyTensor") const {
    if (!holds(dtype, extents))
      raise(Text(name) + ": wanted " + detail::describe(dtype_name(dtype), extents) + ", found " + text());
    if (dtype == DType::BOOL)  // from a file, a byte may be neither 0 nor 1
      std::transform(data(), data() + size_, static_cast<bool*>(elements),
                     [](std::byte byte) { return byte != std::byte{0}; });
    else
      std::memcpy(elements, data(), bytes().size());
  }

  /// Returns the tensor with elements of another dtype. Floating elements are rounded to the nearest, as in PyTorch;
  /// throws tenon::Error for a conversion from or to any other dtype.
  AnyTensor to(DType dtype) const {
    if (dtype == dtype_) return *this;
    AnyTensor converted(dtype, extents_);
    convert_to(converted.data(), dtype);
    return converted;
  }
  /// Writes the elements, converted to `dtype` as by `to`, to `elements` (size).
  void convert_to(void* elements, DType dtype) const {
    if (dtype == dtype_) return copy_to(elements, dtype_, extents_);
    if (!is_floating(dtype) || !is_floating(dtype_))
      raise("AnyTensor: wanted floating elements to convert to " + Text(dtype_name(dtype)) + ", found " + text());
    detail::convert_floating(data(), dtype_, elements, dtype, size_);
  }

 private:
  Text text() const { return detail::describe(dtype_name(dtype_), extents_); }

  static constexpr index_t line_size = 64;
  struct alignas(line_size) Line {
    std::byte bytes[line_size];
  };

  DType dtype_;
  std::vector<index_t> extents_;
  index_t size_ = 0;
  std::vector<Line> lines_;  // the standard allocator honours the alignment of its element type
};

/// Returns dtype and shape as text: "F32 (2, 3)".
inline std::string describe(const AnyTensor& tensor) { return describe(tensor.dtype(), tensor.extents()); }

}  // namespace tenon::inline TENON_ISA
