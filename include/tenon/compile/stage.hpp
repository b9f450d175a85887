/// \file
/// What the stages of all chapters need: sizes of edges, conversion between layouts, folding.
#pragma once

#include "../cpu/micro/blocked_layout.hpp"
#include "../cpu/micro/folded_weights.hpp"
#include "../core/normalization.hpp"
#include "../core/pointwise.hpp"
#include "symbolic.hpp"

namespace tenon::inline TENON_ISA::planning {

namespace micro = cpu::micro;

/// An image shape (N, C, axes...) as sizes.
template <class S>
struct Image {
  static constexpr index_t batch = S::dims[0], channels = S::dims[1], pixels = S::size / (batch * channels);
};

/// Elements of an edge.
template <class T, class S, class Layout>
inline constexpr index_t elements = S::size;
template <class T, class S>
inline constexpr index_t elements<T, S, Blocked> =
    micro::blocked_size<T>(Image<S>::batch, Image<S>::channels, Image<S>::pixels);
template <class T, class S, index_t Channels, index_t Pixels>
inline constexpr index_t elements<T, S, FlattenedBlocked<Channels, Pixels>> =
    micro::blocked_size<T>(S::dims[0], Channels, Pixels);

template <class T, class S, class Layout>
inline constexpr std::size_t bytes = static_cast<std::size_t>(elements<T, S, Layout>) * sizeof(T);

/// Packed parameters as elements of `T`.
template <class T>
T* elements_at(std::byte* packed) {
  return reinterpret_cast<T*>(packed);
}
template <class T>
const T* elements_at(const std::byte* packed) {
  return reinterpret_cast<const T*>(packed);
}

/// The scale per channel of a batch normalization, and the parameters that the normalization is folded into.
template <class T>
class Folded {
 public:
  Folded(const Source& source, index_t channels) : source_(source) {
    const Affine& affine = source.affine;
    if (!affine.present) return;
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      const double weight = affine.weight ? static_cast<double>(static_cast<const T*>(affine.weight)[c]) : 1;
      const auto variance = static_cast<double>(static_cast<const T*>(affine.variance)[c]);
      scale_.push_back(static_cast<T>(weight * inverse_deviation(variance, affine.eps)));
    }
  }
  micro::FoldedWeights<T> weights() const {
    return {static_cast<const T*>(source_.weight), static_cast<const T*>(source_.bias),
            scale_.empty() ? nullptr : scale_.data(), static_cast<const T*>(source_.affine.bias),
            static_cast<const T*>(source_.affine.mean)};
  }
  const List<T>& scale() const { return scale_; }

 private:
  const Source& source_;
  List<T> scale_;
};

namespace detail {
template <class T, class S>
struct ToPlain {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    micro::blocked_to_plain<T>(Image<S>::batch, Image<S>::channels, Image<S>::pixels, static_cast<const T*>(x),
                               static_cast<T*>(y));
  }
};
template <class T, class S>
struct ToBlocked {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    micro::plain_to_blocked<T>(Image<S>::batch, Image<S>::channels, Image<S>::pixels, static_cast<const T*>(x),
                               static_cast<T*>(y));
  }
};
template <class T, class S>
struct Copy {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    std::copy_n(static_cast<const T*>(x), S::size, static_cast<T*>(y));
  }
};
}  // namespace detail

/// `x` with its elements laid out plainly, through a stage of its own where they are not.
template <class T, class S, class P>
constexpr auto plain(const Symbolic<T, S, Plain, P>& x) {
  return closed(x);
}
template <class T, class S, class P>
constexpr auto plain(const Symbolic<T, S, Blocked, P>& x) {
  const int edge = x.graph().append(Stage(x.use()).computed_by(&detail::ToPlain<T, S>::run), bytes<T, S, Plain>);
  return Symbolic<T, S>(x.graph(), edge);
}
template <class T, class S, index_t Channels, index_t Pixels, class P>
constexpr auto plain(const Symbolic<T, S, FlattenedBlocked<Channels, Pixels>, P>& x) {
  using ImageShape = Shape<S::dims[0], Channels, Pixels>;
  const int edge =
      x.graph().append(Stage(x.use()).computed_by(&detail::ToPlain<T, ImageShape>::run), bytes<T, S, Plain>);
  return Symbolic<T, S>(x.graph(), edge);
}

/// `x` in layout `Layout`.
template <class Layout, class X>
constexpr auto in_layout(const X& x) {
  using T = typename X::value_type;
  using S = typename X::static_shape;
  if constexpr (std::is_same_v<Layout, typename X::layout>) {
    return closed(x);
  } else if constexpr (std::is_same_v<Layout, Plain>) {
    return plain(x);
  } else {
    const int edge =
        x.graph().append(Stage(plain(x).edge()).computed_by(&detail::ToBlocked<T, S>::run), bytes<T, S, Blocked>);
    return Symbolic<T, S, Blocked>(x.graph(), edge);
  }
}

}  // namespace tenon::inline TENON_ISA::planning
