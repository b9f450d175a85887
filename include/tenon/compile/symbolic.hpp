/// \file
/// What a model is called with while it is planned: a tensor without elements, whose operations append stages.
#pragma once

#include <cstring>

#include "../autograd/apply.hpp"
#include "../core/pointwise.hpp"
#include "graph.hpp"

namespace tenon::inline TENON_ISA::planning {

// ---- layouts: how the elements of an edge lie in memory

/// As the shape says, row-major.
struct Plain {};
/// Images (N, blocks, axes..., lanes): the channels of a pixel in vectors.
struct Blocked {};
/// The rows of a flattened blocked image: (N, blocks * Pixels * lanes), in the order in which the image lies.
template <index_t Channels, index_t Pixels>
struct FlattenedBlocked {};

/// The stage that made an edge is complete: nothing can be folded into it.
struct Closed {};
/// The stage that made an edge can still take in an activation (`Epilogue`) and, while `Foldable`, a batch
/// normalization. `Unique`: nobody else holds this edge, as between two layers of a chain.
template <class Kernel, class Epilogue = pointwise::Identity, bool Foldable = true, bool Unique = false>
struct Open {
  static constexpr Run run() { return &Kernel::template run<Epilogue>; }
};

/// The stage that made an edge takes nothing more in, and is computed by `Kernel` with `Epilogue`.
template <class Kernel, class Epilogue>
struct Sealed {
  static constexpr Run run() { return &Kernel::template run<Epilogue>; }
};

/// Edge number `edge` of `graph`, of element type `T` and shape `S`.
template <class T, class S, class Layout = Plain, class Producer = Closed>
class Symbolic {
 public:
  using symbolic = Symbolic;
  using value_type = T;
  using static_shape = S;
  using layout = Layout;
  using producer = Producer;

  constexpr Symbolic(Graph& graph, int edge) : graph_(&graph), edge_(edge) {}
  Symbolic(const Symbolic&) = default;
  Symbolic& operator=(const Symbolic&) = default;
  template <class Other>
  Symbolic& operator=(const Other&) {
    static_assert(std::is_same_v<Other, Symbolic>,
                  "in a forward that is compiled each value has a type of its own, which says how it is made: give "
                  "the new value a name instead of assigning it, as in `auto y = layer(x);`");
    return *this;
  }

  constexpr Graph& graph() const { return *graph_; }
  constexpr int edge() const { return edge_; }
  /// `x[i]`: element `i` of the leading axis.
  template <class Index>
  auto operator[](const Index& i) const {
    return tenon::detail::element_of(*this, i);
  }

  /// Reads the edge: the stage that makes it is complete.
  constexpr int use() const {
    if constexpr (!std::is_same_v<Producer, Closed>) graph_->use(edge_, Producer::run());
    return edge_;
  }

 private:
  Graph* graph_;
  int edge_;
};

/// `x`, with its stage complete.
template <class T, class S, class L, class P>
constexpr auto closed(const Symbolic<T, S, L, P>& x) {
  return Symbolic<T, S, L>(x.graph(), x.use());
}

/// `x`, of which there is only this handle.
template <class X>
constexpr const X& unique(const X& x) {
  return x;
}
template <class T, class S, class L, class K, class E, bool F>
constexpr auto unique(const Symbolic<T, S, L, Open<K, E, F, false>>& x) {
  return Symbolic<T, S, L, Open<K, E, F, true>>(x.graph(), x.edge());
}

/// `x`, of which there will be several handles.
template <class X>
constexpr const X& shared(const X& x) {
  return x;
}
template <class T, class S, class L, class K, class E, bool F>
constexpr auto shared(const Symbolic<T, S, L, Open<K, E, F, true>>& x) {
  return Symbolic<T, S, L, Open<K, E, F, false>>(x.graph(), x.edge());
}

/// How an operation becomes stages; specialised in the files of compile/, beside `cpu::Kernel`:
///
///     static constexpr int parameters;                                  // how many tensors follow the inputs
///     static constexpr auto append(operation, x..., parameters...);     // Symbolics, then pointers to elements
template <class Operation>
struct Lowering {};

template <class Operation>
inline constexpr bool can_compile = requires { Lowering<Operation>::parameters; };

namespace detail {
template <std::size_t Bytes>
void pack_constant(const Source& source, std::byte* packed) {
  std::memcpy(packed, source.weight, Bytes);
}
/// `tensor`, as it is now, as an edge of `graph`.
template <class Layout, class TensorType>
auto constant(Graph& graph, const TensorType& tensor) {
  using T = typename TensorType::value_type;
  constexpr std::size_t bytes = TensorType::size() * sizeof(T);
  if constexpr (requires { tensor.to_host(); }) {
    return constant<Layout>(graph, tensor.to_host());
  } else {
    const auto* first = reinterpret_cast<const std::byte*>(tensor.data());
    const int edge = graph.append_constant({first, first + bytes}, &pack_constant<bytes>);
    return Symbolic<T, shape_of_t<TensorType>, Layout>(graph, edge);
  }
}

/// What a Lowering gets of an argument: of a layer's parameter its elements, of any other tensor an edge.
template <class X>
inline constexpr bool is_lowered_to_pointer = is_parameter<X> || std::is_same_v<X, Absent>;
template <class Layout, class X>
auto lowered(Graph& graph, const X& x) {
  if constexpr (tenon::detail::is_symbolic<X>)
    return x;
  else if constexpr (std::is_same_v<X, Absent>)
    return nullptr;
  else if constexpr (is_parameter<X>)
    return std::as_const(x).data().data();
  else
    return constant<Layout>(graph, autograd::value_of(x));
}

template <class X>
index_t parameter_count(const X& x) {
  if constexpr (is_parameter<X>)
    return shape_of_t<X>::size;
  else if constexpr (is_variable<X>)  // as which parameters are operands
    return x.requires_grad() ? shape_of_t<X>::size : 0;
  else
    return 0;
}
template <class S>
struct first_of {
  using type = S;
};
template <class S, class... Rest>
struct first_of<Shapes<S, Rest...>> {
  using type = S;
};
/// The extents of a result, of several the first.
template <class S>
List<index_t> extents() {
  using First = typename first_of<S>::type;
  return {First::dims.begin(), First::dims.end()};
}
template <class Operation, class First, class... S>
consteval index_t multiply_adds() {
  if constexpr (requires { Operation::multiply_adds(First{}); })
    return Operation::multiply_adds(First{});
  else if constexpr (requires { Operation::multiply_adds(First{}, S{}...); })
    return Operation::multiply_adds(First{}, S{}...);
  else
    return 0;
}
}  // namespace detail

/// `apply` on Symbolics, of which `where` is one: checks the shapes and appends.
template <class Operation, class Where, class... X>
auto plan(const Operation& operation, const Where& where, const X&... x) {
  using S = decltype(Operation::output_shape(shape_of_t<X>{}...));
  if constexpr (is_rejection<S>) {
    report(S{});
    return Rejected{};
  } else if constexpr (!can_compile<Operation>) {
    static_assert(can_compile<Operation>, "this operation has no place in a compiled net");
    return Rejected{};
  } else {
    static_assert((int{detail::is_lowered_to_pointer<X>} + ... + 0) == Lowering<Operation>::parameters,
                  "the Lowering of this operation takes another number of parameters");
    where.graph().note({Operation::name, detail::extents<S>(), (detail::parameter_count(x) + ... + 0),
                        detail::multiply_adds<Operation, shape_of_t<X>...>()});
    return Lowering<Operation>::append(operation, detail::lowered<Plain>(where.graph(), x)...);
  }
}

}  // namespace tenon::inline TENON_ISA::planning

namespace tenon::inline TENON_ISA::detail {
template <class T, class S, class L, class P>
struct shape_of<planning::Symbolic<T, S, L, P>> {
  using type = S;
};
}  // namespace tenon::inline TENON_ISA::detail
