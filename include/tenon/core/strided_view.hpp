/// \file
/// Strided views: which element of a tensor each element of a part or a permutation of it is, written once for types,
/// kernels and gradients.
///
///     constexpr auto x = StridedView<2>::of(Shape<4, 6>{});
///     x.sliced(1, 2, 3, 1);      // x[:, 2:5]
///     x.without(0, 3);           // x[3]
///     x.permuted({1, 0});        // the transpose
#pragma once

#include <array>
#include <utility>

#include "shape.hpp"

namespace tenon::inline TENON_ISA {

/// A view (extents...) of elements in memory: the element at i, j, ... is number offset + i * strides[0] + j *
/// strides[1] + ...
template <std::size_t Rank>
struct StridedView {
  index_t offset = 0;
  // C arrays, which are also read on devices; none may be empty.
  index_t extents[Rank > 0 ? Rank : 1]{}, strides[Rank > 0 ? Rank : 1]{};

  /// Returns the view of all elements of a tensor (D...).
  template <index_t... D>
  static constexpr StridedView of(Shape<D...>) {
    StridedView view;
    index_t stride = 1;
    for (std::size_t a = Rank; a-- > 0; stride *= Shape<D...>::dims[a]) {
      view.extents[a] = Shape<D...>::dims[a];
      view.strides[a] = stride;
    }
    return view;
  }

  /// Returns the view of `count` positions of an axis, `step` apart, from `start` on.
  constexpr StridedView sliced(std::size_t axis, index_t start, index_t count, index_t step) const {
    StridedView view = *this;
    view.offset += start * strides[axis];
    view.extents[axis] = count;
    view.strides[axis] *= step;
    return view;
  }
  /// Returns the view of one position of an axis, without that axis.
  constexpr StridedView<Rank - 1> without(std::size_t axis, index_t position) const {
    StridedView<Rank - 1> view{offset + position * strides[axis]};
    for (std::size_t a = 0; a + 1 < Rank; ++a) {
      view.extents[a] = extents[a < axis ? a : a + 1];
      view.strides[a] = strides[a < axis ? a : a + 1];
    }
    return view;
  }
  /// Returns the view whose axis a is axis `axes[a]` of this one.
  constexpr StridedView permuted(const std::array<std::size_t, Rank>& axes) const {
    StridedView view{offset};
    for (std::size_t a = 0; a < Rank; ++a) {
      view.extents[a] = extents[axes[a]];
      view.strides[a] = strides[axes[a]];
    }
    return view;
  }

  /// Returns this view with the fewest axes, and their number: it has no axes of one element, and those that one stride
  /// steps through are one. They are the first axes of what is returned.
  constexpr std::pair<StridedView, std::size_t> joined() const {
    StridedView view{offset};
    std::size_t rank = 0;
    for (std::size_t a = 0; a < Rank; ++a) {
      if (extents[a] == 1) continue;
      const bool continues = rank > 0 && view.strides[rank - 1] == extents[a] * strides[a];
      if (!continues) view.extents[rank++] = 1;
      view.extents[rank - 1] *= extents[a];
      view.strides[rank - 1] = strides[a];
    }
    return {view, rank};
  }
  /// Returns the first `Count` axes.
  template <std::size_t Count>
  constexpr StridedView<Count> first() const {
    StridedView<Count> view{offset};
    for (std::size_t a = 0; a < Count; ++a) {
      view.extents[a] = extents[a];
      view.strides[a] = strides[a];
    }
    return view;
  }
  /// Returns whether the elements lie side by side.
  constexpr bool is_contiguous() const {
    const auto [view, rank] = joined();
    return rank == 0 || (rank == 1 && view.strides[0] == 1);
  }

  /// Returns the same view of elements that begin at `start`.
  constexpr StridedView from(index_t start) const {
    StridedView view = *this;
    view.offset = start;
    return view;
  }
  constexpr std::array<index_t, Rank> shape() const {
    std::array<index_t, Rank> shape{};
    for (std::size_t a = 0; a < Rank; ++a) shape[a] = extents[a];
    return shape;
  }
  constexpr index_t size() const {
    index_t size = 1;
    for (std::size_t a = 0; a < Rank; ++a) size *= extents[a];
    return size;
  }
  /// Returns the number of the element at position `i` of the view, which is counted in row-major order.
  TENON_HOST_DEVICE constexpr index_t operator()(index_t i) const {
    index_t element = offset;
    for (std::size_t a = Rank; a-- > 0; i /= extents[a]) element += i % extents[a] * strides[a];
    return element;
  }
};

}  // namespace tenon::inline TENON_ISA
