/// \file
/// The values that a model is called with while it is planned: tensors without elements, whose operations are appended
/// to a graph.
#pragma once

#include "../autograd/apply.hpp"
#include "../core/any_tensor.hpp"
#include "../core/pointwise.hpp"
#include "graph.hpp"

namespace tenon::inline TENON_ISA::plan {

// ---- layouts of the elements of an edge in memory

/// The layout that the shape says, row-major.
struct Plain {
  static constexpr std::string_view name = "plain";
};
/// The layout of images (N, blocks, axes..., lanes): the channels of a pixel lie in vectors.
struct Blocked {
  static constexpr std::string_view name = "blocked";
};
/// The layout of the rows of a flattened blocked image: (N, blocks * Pixels * lanes), in the order of the image.
template <index_t Channels, index_t Pixels>
struct FlattenedBlocked {
  static constexpr std::string_view name = "flattened blocked";
};
template <class Layout>
inline constexpr bool is_plain = std::is_same_v<Layout, Plain>;
template <class Layout>
inline constexpr bool is_blocked = std::is_same_v<Layout, Blocked>;

/// The sizes of a shape (N, C, axes...) of images.
template <class S>
struct Image {
  static constexpr index_t batch = S::dims[0], channels = S::dims[1], pixels = S::size / (batch * channels);
};

/// The number of elements of an edge whose blocks are `Lanes` channels wide, padding included.
template <index_t Lanes, class S, class Layout>
inline constexpr index_t elements_in = S::size;
template <index_t Lanes, class S>
inline constexpr index_t elements_in<Lanes, S, Blocked> =
    Image<S>::batch * ((Image<S>::channels + Lanes - 1) / Lanes) * Lanes * Image<S>::pixels;
template <index_t Lanes, class S, index_t Channels, index_t Pixels>
inline constexpr index_t elements_in<Lanes, S, FlattenedBlocked<Channels, Pixels>> =
    S::dims[0] * ((Channels + Lanes - 1) / Lanes) * Lanes * Pixels;

// ---- producers, the stages that make edges

/// A complete stage, which can take in nothing more.
struct Closed {};
/// A stage of `Kernel`, with `Function` behind it, that can still take in operations: functions, a second operand if
/// the kernel adds one, and while `Foldable` a batch normalization. The edge is `Unique` if nobody else can read it, as
/// between two layers of a chain.
template <class Kernel, class Function, bool Foldable, bool Unique = false>
struct Open {};

/// The function of a stage with a second operand: Second(First(sum) + operand), as in a residual block.
template <class First, class Second>
struct AddThen {};

namespace detail {
template <class First, class Second>
struct Behind {
  using type = pointwise::Compose<First, Second>;
};
template <class First>
struct Behind<First, pointwise::Identity> {
  using type = First;
};
template <class Second>
struct Behind<pointwise::Identity, Second> {
  using type = Second;
};
template <>
struct Behind<pointwise::Identity, pointwise::Identity> {
  using type = pointwise::Identity;
};
template <class First, class Second, class Function>
struct Behind<AddThen<First, Second>, Function> {
  using type = AddThen<First, typename Behind<Second, Function>::type>;
};
template <class First, class Second>
struct Behind<AddThen<First, Second>, pointwise::Identity> {
  using type = AddThen<First, Second>;
};

template <class Producer>
struct Uniqueness {
  using shared = Producer;
  using unique = Producer;
  static constexpr bool begins_stage = true;
};
template <class K, class F, bool Foldable, bool Unique>
struct Uniqueness<Open<K, F, Foldable, Unique>> {
  using shared = Open<K, F, Foldable, false>;
  using unique = Open<K, F, Foldable, true>;
  static constexpr bool begins_stage =
      std::is_same_v<F, pointwise::Identity> && Foldable == (K::folds_channels > 0);  // nothing is taken in yet
};

template <class Producer>
struct RunOf;
template <class Kernel, class Function, bool Foldable, bool Unique>
struct RunOf<Open<Kernel, Function, Foldable, Unique>> {
  static constexpr plan::Run value = &Kernel::template run<Function>;
};
}  // namespace detail
/// The function that applies `First`, then `Second`.
template <class First, class Second>
using behind_t = typename detail::Behind<First, Second>::type;
template <class Producer>
inline constexpr bool is_open = !std::is_same_v<Producer, Closed>;

/// The rule by which an operation enters a plan, the same at all places: see rules.hpp and placement.hpp.
template <class Operation>
struct Rule;

/// A handle to an edge of a graph, of element type `T` and shape `S`, in a net for `Backend`.
template <class Backend, class T, class S, class Layout = Plain, class Producer = Closed>
class Value {
 public:
  using symbolic = Value;
  using backend = Backend;
  using value_type = T;
  using static_shape = S;
  using layout = Layout;
  using producer = Producer;

  constexpr Value(Graph& graph, int edge) : graph_(&graph), edge_(edge) {}
  Value(const Value&) = default;
  Value& operator=(const Value&) = default;
  template <class Other>
  Value& operator=(const Other&) {
    static_assert(std::is_same_v<Other, Value>,
                  "in a forward that is compiled each value has a type of its own, which says how it is made: give "
                  "the new value a name instead of assigning it, as in `auto y = layer(x);`");
    return *this;
  }

  constexpr Graph& graph() const { return *graph_; }
  constexpr int edge() const { return edge_; }
  /// Returns the edge, for a reader that needs it as it is: its stage then takes in nothing more.
  constexpr int read() const {
    if constexpr (is_open<Producer>) graph_->read(edge_, detail::RunOf<Producer>::value);
    return edge_;
  }

  /// Returns this value, where there is no other handle to it.
  constexpr auto unique() const {
    return Value<Backend, T, S, Layout, typename detail::Uniqueness<Producer>::unique>(*graph_, edge_);
  }
  /// Returns this value, which was made of `x...`, where there is no other handle to it. If the stage that made `x`
  /// took it in, others may still read `x` and so split that stage: the result is unique if `x` is.
  template <class... X>
  constexpr auto made_of(const X&... x) const {
    if constexpr (detail::Uniqueness<Producer>::begins_stage || (std::is_same_v<X, decltype(x.unique())> && ...))
      return unique();
    else
      return *this;
  }
  /// Returns this value, where there may be several handles to it.
  constexpr auto shared() const {
    return Value<Backend, T, S, Layout, typename detail::Uniqueness<Producer>::shared>(*graph_, edge_);
  }
  /// Returns this value for operations that read it as it is.
  constexpr auto closed() const { return Value<Backend, T, S, Layout>(*graph_, read()); }

  /// Appends `operation` on `x...`, one of which is this value, after a check of the shapes. `apply` calls it.
  template <class Operation, class... X>
  auto append(const Operation& operation, const X&... x) const;

  /// Returns element `i` of the leading axis, counted from its end if negative.
  template <class Index>
  auto operator[](const Index& i) const {
    return tenon::detail::element_of(*this, i);
  }

 private:
  Graph* graph_;
  int edge_;
};

/// Returns bytes, shape, element type and layout of an edge.
template <class Backend, class T, class S, class Layout>
constexpr EdgeType edge_type() {
  return {static_cast<std::size_t>(elements_in<Backend::template lanes<T>, S, Layout>) * sizeof(T),
          {S::dims.data(), S::rank},
          dtype_name(dtype_of<T>),
          Layout::name};
}

namespace detail {
template <class X, class Producer>
struct WithProducer;
template <class Backend, class T, class S, class L, class P, class Producer>
struct WithProducer<Value<Backend, T, S, L, P>, Producer> {
  using type = Value<Backend, T, S, L, Producer>;
};
}  // namespace detail
template <class X, class Producer>
using with_producer_t = typename detail::WithProducer<X, Producer>::type;

}  // namespace tenon::inline TENON_ISA::plan

namespace tenon::inline TENON_ISA::detail {
template <class Backend, class T, class S, class L, class P>
struct shape_of<plan::Value<Backend, T, S, L, P>> {
  using type = S;
};
}  // namespace tenon::inline TENON_ISA::detail
