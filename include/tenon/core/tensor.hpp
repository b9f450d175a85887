/// \file
/// `Tensor<T, D...>`: a dense array whose shape is part of its type, and an xtensor expression.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <limits>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

// PI is a macro of Unreal, a constant of xtensor.
#include "undefine_macros.hpp"
#if __has_include(<xtensor/containers/xcontainer.hpp>)  // 0.26 and later
#include <xtensor/containers/xcontainer.hpp>
#include <xtensor/containers/xfixed.hpp>
#include <xtensor/core/xsemantic.hpp>
#else  // before 0.26
#include <xtensor/xcontainer.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xsemantic.hpp>
#endif

#include "error.hpp"
#include "memory.hpp"
#include "place.hpp"
#include "position.hpp"
#include "restore_macros.hpp"
#include "shape.hpp"
#include "shape_error.hpp"
#include "tensor_storage.hpp"

namespace xt {
#if defined(__clang__) && defined(__cpp_template_template_args) && XTENSOR_VERSION_MAJOR == 0 && \
    XTENSOR_VERSION_MINOR < 26
// Since clang matches template template parameters as C++17 has it, two of xtensor's own specialisations are ambiguous
// for the shapes of its xarray, and so for printing and assigning to views.
template <class X>
struct rebind_container<X, svector<std::size_t>> {
  using type = svector<X>;
};
#endif

template <class T, tenon::index_t... D>
struct xcontainer_inner_types<tenon::Tensor<T, D...>> {
  using shape_type = fixed_shape<static_cast<std::size_t>(D)...>;
  using inner_shape_type = std::array<std::size_t, sizeof...(D)>;
  using strides_type = std::array<std::ptrdiff_t, sizeof...(D)>;
  using inner_strides_type = strides_type;
  using backstrides_type = strides_type;
  using inner_backstrides_type = strides_type;
  using storage_type = tenon::TensorStorage<T, tenon::Shape<D...>::size>;
  using reference = T&;
  using const_reference = const T&;
  using size_type = std::size_t;
  using temporary_type = tenon::Tensor<T, D...>;
  static constexpr layout_type layout = layout_type::row_major;
};

// A Tensor holds no std::shared_ptr to itself, as little as xtensor's own containers of fixed shape do: xt::share is
// for expressions of Tensors.
namespace detail {
template <class T, tenon::index_t... D>
struct is_sharable<tenon::Tensor<T, D...>> : std::false_type {};
}  // namespace detail

template <class T, tenon::index_t... D>
struct xiterable_inner_types<tenon::Tensor<T, D...>> : xcontainer_iterable_types<tenon::Tensor<T, D...>> {};
}  // namespace xt

namespace tenon::inline TENON_ISA {

namespace detail {
template <class T, class S>
struct tensor_of;
template <class T, index_t... D>
struct tensor_of<T, Shape<D...>> {
  using type = Tensor<T, D...>;
};
/// The type of `x[i]`, for a tensor x of shape `S`.
template <class T, class S>
struct element_tensor {
  using type = T;
};
template <class T, index_t Leading, index_t... D>
struct element_tensor<T, Shape<Leading, D...>> {
  using type = Tensor<T, D...>;
};

/// Throws tenon::Error for `x(i, j)` or `x[{i, j}]`, where x has the extents `shape`.
[[noreturn]] inline void raise_positions(std::span<const index_t> positions, std::span<const index_t> shape) {
  const auto list = [](std::span<const index_t> numbers) {
    Text text;
    for (const index_t number : numbers) text += (text.empty() ? "" : ", ") + to_text(number);
    return "(" + text + ")";
  };
  raise("x" + list(positions) + ": a position lies outside x, whose shape is " + list(shape));
}

/// Returns whether all positions lie in their axes of `shape`, to whose last axes they belong. An axis of extent 1
/// takes any position if it `Broadcasts`.
template <bool Broadcasts, std::size_t Rank, class Positions>
constexpr bool are_inside(const std::array<index_t, Rank>& shape, const Positions& positions) {
  auto axis = static_cast<std::ptrdiff_t>(Rank) - static_cast<std::ptrdiff_t>(std::ranges::distance(positions));
  for (const auto& given : positions) {
    if (axis >= 0) {  // further leading positions are ignored, as xtensor has it
      const auto position = static_cast<index_t>(given);
      const index_t extent = shape[static_cast<std::size_t>(axis)];
      if ((position < 0 || position >= extent) && !(Broadcasts && extent == 1)) return false;
    }
    ++axis;
  }
  return true;
}
}  // namespace detail

/// Constructs a Tensor whose elements are not set.
struct uninitialized_t {};
inline constexpr uninitialized_t uninitialized{};

/// A row-major, contiguous, 64-byte aligned array with elements of type `T` and extents `D...`; `Tensor<T>` is a
/// scalar.
///
/// It is an xtensor expression: it can be assigned from one of the same shape, used in one, printed (with xtensor's
/// `xio.hpp`) and iterated. Assignment evaluates straight into the tensor, without a temporary; an expression that
/// reads other positions of its target, such as `t = xt::transpose(t)`, must go through `xt::eval` (a debug build
/// detects it). A tensor owns its memory, except one made by `view`. A moved-from tensor may only be assigned to or
/// destroyed.
///
/// Positions: `t(i, j)` and `t[{i, j}]` are elements; `t[i]` is element `i` of the leading axis, from its end if
/// negative: of a tensor with further axes a tensor of its own. A position outside its axis is a tenon::Error that
/// names it and the shape, for every rank: unless NDEBUG is defined, and where `t[i]` is a tensor in every build. A
/// constant outside, as in `t[2_c]`, is a compile error. (Along an axis of extent 1 the `t(i, j)` of a const tensor
/// takes any position, since xtensor's lazy expressions read it so to broadcast.) `t.unchecked(i, j)` is never checked.
///
///     auto a = Tensor<float, 2, 3>::from({1, 2, 3, 4, 5, 6});
///     Tensor<float, 2, 3> b = 2 * a + 1;
///     assert(b(1, 2) == 13 && a[1](0) == 4 && a.size() == 6);
template <class T, index_t... D>
class Tensor : public xt::xcontainer<Tensor<T, D...>>, public xt::xcontainer_semantic<Tensor<T, D...>> {
  using container = xt::xcontainer<Tensor>;
  using extents_type = std::array<std::size_t, sizeof...(D)>;
  using strides_array = std::array<std::ptrdiff_t, sizeof...(D)>;

 public:
  using place = host;
  using value_type = T;
  using static_shape = Shape<D...>;
  using expression_tag = xt::xtensor_expression_tag;
  static constexpr std::size_t rank = sizeof...(D);

  /// Makes a tensor of zeros.
  Tensor() : storage_(TensorStorage<T, static_shape::size>::allocate()) { std::fill_n(this->data(), size(), T(0)); }
  explicit Tensor(uninitialized_t) : storage_(TensorStorage<T, static_shape::size>::allocate()) {}
  /// Makes a scalar.
  explicit Tensor(T value)
    requires(rank == 0)
      : Tensor(uninitialized) {
    *this->data() = value;
  }
  Tensor(const Tensor& other) : Tensor(uninitialized) { std::copy_n(other.data(), size(), this->data()); }
  Tensor(Tensor&&) noexcept = default;
  template <class E>
  Tensor(const xt::xexpression<E>& expression) : Tensor(uninitialized) {
    *this = expression;
  }
  ~Tensor() = default;

  Tensor& operator=(const Tensor& other) {
    if (this != &other) {
      if (!storage_.data()) storage_ = TensorStorage<T, static_shape::size>::allocate();
      std::copy_n(other.data(), size(), this->data());
    }
    return *this;
  }
  Tensor& operator=(Tensor&& other) noexcept {
    if (storage_.is_view())
      std::copy_n(other.data(), size(), this->data());
    else
      storage_ = std::move(other.storage_);
    return *this;
  }
  /// Evaluates `expression` into this tensor. Its shape must be this tensor's, without broadcasting: a compile error
  /// where the expression's shape is static, else a tenon::Error.
  template <class E>
  Tensor& operator=(const xt::xexpression<E>& expression);

  Tensor& operator+=(const Tensor& other) {  // without an expression, which takes long to compile
    std::transform(begin(), end(), other.begin(), begin(), std::plus<T>());
    return *this;
  }
  template <class E>
  Tensor& operator+=(const E& other) {
    return *this = *this + other;
  }
  template <class E>
  Tensor& operator-=(const E& other) {
    return *this = *this - other;
  }
  template <class E>
  Tensor& operator*=(const E& other) {
    return *this = *this * other;
  }
  template <class E>
  Tensor& operator/=(const E& other) {
    return *this = *this / other;
  }

  /// Returns a tensor of the elements of `range`, in row-major order. Throws tenon::Error if there are more or fewer.
  template <std::ranges::input_range Range>
  static Tensor from(Range&& range);
  /// Returns a tensor of `elements`, as in `Tensor<float, 2>::from({1, 2})`.
  static Tensor from(std::initializer_list<T> elements) {
    return from(std::span<const T>(elements.begin(), elements.size()));
  }

  /// Returns a tensor without elements, which may only be assigned to or destroyed.
  static Tensor unallocated() noexcept { return view(static_cast<T*>(nullptr)); }
  /// Returns a tensor without elements at the place of `other`.
  static Tensor unallocated(const Tensor&) noexcept { return unallocated(); }
  /// Returns a tensor over `elements` (D...), memory of the caller that it neither owns nor frees.
  static Tensor view(T* elements) noexcept { return Tensor(TensorStorage<T, static_shape::size>::view(elements)); }
  /// Returns a const tensor over `elements` (D...) that must not be written, such as an array in the program. Keep it
  /// in a const variable: `const auto weights = Tensor<float, 2>::view(array)`. A copy has memory of its own.
  static const Tensor view(const T* elements) noexcept { return view(const_cast<T*>(elements)); }

  bool is_view() const noexcept { return storage_.is_view(); }

  static constexpr std::size_t size() noexcept { return static_cast<std::size_t>(static_shape::size); }
  // Access to the elements in row-major order: xtensor's own goes through a dozen functions for each shape.
  T* data() noexcept { return storage_.data(); }
  const T* data() const noexcept { return storage_.data(); }
  using container::begin, container::end, container::cbegin, container::cend;
  T* begin() noexcept { return data(); }
  const T* begin() const noexcept { return data(); }
  const T* cbegin() const noexcept { return data(); }
  T* end() noexcept { return data() + size(); }
  const T* end() const noexcept { return data() + size(); }
  const T* cend() const noexcept { return data() + size(); }
  void fill(T value) { std::fill_n(data(), size(), value); }
  /// Returns the value of a scalar.
  T item() const
    requires(static_shape::size == 1)
  {
    return *this->data();
  }

  /// Returns element `i` of the leading axis, counted from its end if negative. It is a copy, which is const so that
  /// nobody writes into it by mistake: write to `xt::view(t, i)`.
  template <class Index>
    requires(rank > 1 && detail::is_position<Index>)
  auto operator[](const Index& i) const -> const typename detail::element_tensor<T, static_shape>::type {
    typename detail::element_tensor<T, static_shape>::type element(uninitialized);
    std::copy_n(data() + detail::leading_position<static_shape>(i) * index_t{element.size()}, element.size(),
                element.data());
    return element;
  }
  /// Returns element `i` itself of a tensor of rank 1, counted from its end if negative.
  template <class Index>
    requires(rank == 1 && detail::is_position<Index>)
  T& operator[](const Index& i) {
    return this->data()[offset(i)];
  }
  template <class Index>
    requires(rank == 1 && detail::is_position<Index>)
  const T& operator[](const Index& i) const {
    return this->data()[offset(i)];
  }
  // These are xtensor's, by a list of positions.
  template <class Index>
    requires(!detail::is_position<Index>)
  decltype(auto) operator[](const Index& index) {
    check_positions<false>(index);
    return container::operator[](index);
  }
  template <class Index>
    requires(!detail::is_position<Index>)
  decltype(auto) operator[](const Index& index) const {
    check_positions<false>(index);
    return container::operator[](index);
  }
  template <class Index>
  T& operator[](std::initializer_list<Index> index) {
    check_positions<false>(index);
    return container::operator[](index);
  }
  template <class Index>
  const T& operator[](std::initializer_list<Index> index) const {
    check_positions<false>(index);
    return container::operator[](index);
  }
  /// Returns the element at these positions.
  template <class... Index>
  T& operator()(Index... index) {
    check_arguments<false>(index...);
    return container::operator()(index...);
  }
  template <class... Index>
  const T& operator()(Index... index) const {
    check_arguments<true>(index...);
    return container::operator()(index...);
  }

  static constexpr xt::layout_type layout() noexcept { return xt::layout_type::row_major; }
  static constexpr bool is_contiguous() noexcept { return true; }
  // xtensor resizes what it assigns to; the extents of a Tensor are fixed.
  template <class S>
  void resize(const S&, bool = false) const {}
  template <class S>
  bool broadcast_shape(S& shape, bool = false) const {
    return xt::broadcast_shape(extents, shape);
  }

 private:
  friend container;
  friend class xt::xconst_accessible<Tensor>;
  friend class xt::xaccessible<Tensor>;

  /// Returns the offset of `t[i]` in a tensor of rank 1.
  template <class Index>
  static constexpr std::size_t offset(const Index& i) {
    constexpr index_t size = static_shape::size;
    if constexpr (detail::is_constant_position<Index>) {
      constexpr index_t known = Index::value;
      if constexpr (known >= size || known < -size)
        TENON_REJECT("t[i]: the constant position lies outside the axis of t", Tensor, Index);
    }
    const auto position = static_cast<index_t>(i);
#ifndef NDEBUG
    if (position >= size || position < -size) detail::raise_position(position, size);
#endif
    return static_cast<std::size_t>(position < 0 ? position + size : position);
  }
  /// Throws tenon::Error if one of the positions lies outside its axis, unless NDEBUG is defined.
  template <bool Broadcasts, class Positions>
  static void check_positions([[maybe_unused]] const Positions& positions) {
#ifndef NDEBUG
    if constexpr (requires { static_cast<index_t>(*std::ranges::begin(positions)); })
      if (!detail::are_inside<Broadcasts>(static_shape::dims, positions)) {
        List<index_t> found;
        for (const auto& position : positions) found.push_back(static_cast<index_t>(position));
        detail::raise_positions(found, static_shape::dims);
      }
#endif
  }
  template <bool Broadcasts, class... Index>
  static void check_arguments([[maybe_unused]] const Index&... index) {
#ifndef NDEBUG
    if constexpr ((std::is_convertible_v<Index, index_t> && ...))  // and not xt::missing
      check_positions<Broadcasts>(std::array<index_t, sizeof...(Index)>{static_cast<index_t>(index)...});
#endif
  }

  explicit Tensor(TensorStorage<T, static_shape::size> storage) noexcept : storage_(std::move(storage)) {}

  auto& storage_impl() noexcept { return storage_; }
  const auto& storage_impl() const noexcept { return storage_; }
  static constexpr const extents_type& shape_impl() noexcept { return extents; }
  static constexpr const strides_array& strides_impl() noexcept { return strides_value; }
  static constexpr const strides_array& backstrides_impl() noexcept { return backstrides_value; }

  static constexpr extents_type extents{static_cast<std::size_t>(D)...};
  // As xtensor has it, an axis of extent 1 has stride 0, so that it broadcasts.
  static constexpr strides_array strides_value = [] {
    strides_array result{};
    std::ptrdiff_t step = 1;
    for (std::size_t axis = rank; axis-- > 0; step *= static_cast<std::ptrdiff_t>(extents[axis]))
      result[axis] = extents[axis] == 1 ? 0 : step;
    return result;
  }();
  static constexpr strides_array backstrides_value = [] {
    strides_array result{};
    for (std::size_t axis = 0; axis != rank; ++axis)
      result[axis] = strides_value[axis] * (static_cast<std::ptrdiff_t>(extents[axis]) - 1);
    return result;
  }();

  TensorStorage<T, static_shape::size> storage_;
};

/// Whether T is a tensor of the host.
template <class T>
inline constexpr bool is_tensor = false;
template <class T, index_t... D>
inline constexpr bool is_tensor<Tensor<T, D...>> = true;

namespace detail {
template <class T, index_t... D>
struct shape_of<Tensor<T, D...>> {
  using type = Shape<D...>;
};

template <class S>
struct static_extents;  // of an expression, where its type tells them
template <std::size_t... D>
struct static_extents<xt::fixed_shape<D...>> {
  using type = Shape<static_cast<index_t>(D)...>;
};

inline Text to_string(const std::size_t* extents, std::size_t rank) {
  Text text = "(";
  for (std::size_t axis = 0; axis < rank; ++axis) text += (axis ? ", " : "") + to_text(extents[axis]);
  return text + ")";
}

// Whether an expression reads `target` other than element by element: through a view, a transposition, a reduction.
template <class E>
bool reads_elsewhere(const E& expression, const void* target, bool elementwise = true) {
  if constexpr (is_tensor<E>)
    return !elementwise && static_cast<const void*>(&expression) == target;
  else if constexpr (requires { expression.arguments(); })
    return std::apply([&](const auto&... e) { return (reads_elsewhere(e, target, elementwise) || ...); },
                      expression.arguments());
  else if constexpr (requires { expression.expression(); })
    return reads_elsewhere(expression.expression(), target, false);
  else
    return false;
}
}  // namespace detail

/// The Tensor of element type `T` and shape `S`.
template <class T, class S>
using tensor_of_t = typename detail::tensor_of<T, S>::type;

template <class T, index_t... D>
template <class E>
Tensor<T, D...>& Tensor<T, D...>::operator=(const xt::xexpression<E>& expression) {
  const E& source = expression.derived_cast();
  if constexpr (rank == 0 && std::is_same_v<typename E::shape_type, xt::fixed_shape<1>>) {
    // This is how xtensor promotes the shapes of scalars.
    const T value = static_cast<T>(source());
    if (!storage_.data()) storage_ = TensorStorage<T, static_shape::size>::allocate();
    *this->data() = value;
    return *this;
  } else if constexpr (requires { typename detail::static_extents<typename E::shape_type>::type; }) {
    static_assert(std::is_same_v<typename detail::static_extents<typename E::shape_type>::type, static_shape>,
                  "a Tensor is assigned from an expression of exactly its own shape");
  }
  extents_type wanted;
  wanted.fill((std::numeric_limits<std::size_t>::max)());
  if (source.dimension() != rank || !std::equal(extents.begin(), extents.end(), source.shape().begin())) {
    const List<std::size_t> found(source.shape().begin(), source.shape().end());
    raise("Tensor: assigned from an expression of shape " + detail::to_string(found.data(), found.size()) +
          ", wanted " + detail::to_string(extents.data(), rank));
  }
#ifndef NDEBUG
  if (detail::reads_elsewhere(source, this))
    raise("Tensor: the expression reads positions of its target that are already overwritten; use xt::eval");
#endif
  if (!storage_.data()) storage_ = TensorStorage<T, static_shape::size>::allocate();
  const bool same_shape_throughout = source.broadcast_shape(wanted, true);
  xt::assign_data(*this, source, same_shape_throughout);
  return *this;
}

template <class T, index_t... D>
template <std::ranges::input_range Range>
Tensor<T, D...> Tensor<T, D...>::from(Range&& range) {
  Tensor result(uninitialized);
  std::size_t count = 0;
  for (auto&& element : range) {
    if (count < size()) result.data()[count] = static_cast<T>(element);
    ++count;
  }
  if (count != size())
    raise("Tensor::from: " + to_text(count) + " elements, wanted " + to_text(size()) + " for shape " +
          detail::to_string(extents.data(), rank));
  return result;
}

}  // namespace tenon::inline TENON_ISA
