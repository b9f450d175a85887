/// \file
/// Pooling stages.
#pragma once

#include "../core/random.hpp"
#include "../cpu/micro/blocked_pool.hpp"
#include "../cpu/micro/pooling.hpp"
#include "../cpu/micro/unpooling.hpp"
#include "../nn/fractional_pooling.hpp"
#include "../nn/unpooling.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

template <class T, class Operation, class S, class Layout>
struct PoolStage {
  using Function = typename Operation::function;
  static constexpr auto geometry = [] {
    auto g = Operation::geometry(S{});
    if (std::is_same_v<Layout, Blocked>) g.planes = Image<S>::batch * micro::vectors_for<T>(Image<S>::channels);
    return g;
  }();

  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(y);
    if constexpr (std::is_same_v<Layout, Blocked>)
      micro::blocked_pool<Function>(geometry, from, to);
    else
      micro::pool<Function>(geometry, from, to);
  }
};

namespace detail {
/// The pooling that convolutions can take in: the largest of 2 x 2, side by side. The last row and column may be left
/// out.
template <class Windows, class Function>
inline constexpr bool tiles_by_two = false;
template <class K, class St, class P, class D>
inline constexpr bool tiles_by_two<operation::SlidingWindows<2, K, St, P, D, false>, pooling::Max> = [] {
  for (std::size_t a = 0; a < 2; ++a)
    if (K::value[a] != 2 || St::value[a] != 2 || P::value[a] != 0 || D::value[a] != 1) return false;
  return true;
}();
}  // namespace detail

template <class Shown, class Windows, class Function>
struct Lowering<operation::Pool<Shown, Windows, Function, false>> {
  using Operation = operation::Pool<Shown, Windows, Function, false>;
  static constexpr int parameters = 0;

  template <class T, class S, class L, class Kernel, class Epilogue, bool Foldable, bool Unique>
    requires(detail::tiles_by_two<Windows, Function> && requires { typename Kernel::PooledStage; })
  static constexpr auto append(const Operation&, const Symbolic<T, S, L, Open<Kernel, Epilogue, Foldable, Unique>>& x) {
    using Merged = typename Kernel::PooledStage;
    using Result = decltype(Operation::output_shape(S{}));
    using Pooled = Symbolic<T, Result, Plain, Sealed<Merged, Epilogue>>;
    if constexpr (!Unique)
      if (!x.graph().open(x.edge())) return Pooled(x.graph(), append_alone(x).edge());
    Stage merged = x.graph().stage(x.edge());
    merged.packed_by(&Merged::pack, merged.source, Merged::packed_bytes).with_scratch(Merged::scratch_bytes);
    const Stage alone = Stage(-1).computed_by(&PoolStage<T, Operation, S, L>::run);
    return Pooled(x.graph(), x.graph().take_over(x.edge(), merged, alone, bytes<T, Result, Plain>));
  }

  template <class X>
  static constexpr auto append(const Operation&, const X& x) {
    return append_alone(x);
  }

 private:
  template <class X>
  static constexpr auto append_alone(const X& x) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using L = std::conditional_t<Operation::rank == 2 && std::is_same_v<typename X::layout, Blocked>, Blocked, Plain>;
    using Result = decltype(Operation::output_shape(S{}));
    const int edge = x.graph().append(Stage(in_layout<L>(x).edge()).computed_by(&PoolStage<T, Operation, S, L>::run),
                                      bytes<T, Result, L>);
    return Symbolic<T, Result, L>(x.graph(), edge);
  }
};

namespace detail {

// Where the windows lie in images of shape `S`: known, or by drawn samples, the stage's second input.
template <class Operation, class S>
struct KnownWindows {
  static constexpr auto geometry = Operation::geometry(S{});
  static constexpr const auto& from(const void*) { return geometry; }
};
template <class Operation, class T, class S>
struct DrawnWindows {
  static auto from(const void* samples) { return Operation::windows::geometry(S{}, static_cast<const T*>(samples)); }
  static void draw(const void*, const void*, const std::byte*, void*, void* samples) noexcept {
    draw_uniform(static_cast<T*>(samples), static_cast<std::size_t>(Operation::template samples<S>::size));
  }
};

/// The results of a max pooling: the elements, and where they were.
template <class T, class Windows>
struct LargestStage {
  template <class Epilogue>
  static void run(const void* x, const void* samples, const std::byte*, void*, void* y) noexcept {
    micro::pool<pooling::Max>(Windows::from(samples), static_cast<const T*>(x), static_cast<T*>(y));
  }
};
template <class T, class Windows>
struct LargestAtStage {
  template <class Epilogue>
  static void run(const void* x, const void* samples, const std::byte*, void*, void* y) noexcept {
    micro::max_pool(Windows::from(samples), static_cast<const T*>(x), static_cast<T*>(nullptr),
                    static_cast<std::int64_t*>(y));
  }
};

/// An edge whose stage runs if something reads it.
template <class T, class S, class Kernel>
constexpr auto append_if_read(Graph& graph, int first, int second) {
  const int edge = graph.append(Stage(first, second), bytes<T, S, Plain>);
  return Symbolic<T, S, Plain, Sealed<Kernel, pointwise::Identity>>(graph, edge);
}
/// Both results; each is a stage of its own.
template <class T, class S, class Windows>
constexpr auto append_with_indices(Graph& graph, int input, int samples) {
  return std::tuple{append_if_read<T, S, LargestStage<T, Windows>>(graph, input, samples),
                    append_if_read<std::int64_t, S, LargestAtStage<T, Windows>>(graph, input, samples)};
}

}  // namespace detail

template <class Shown, class Windows>
struct Lowering<operation::Pool<Shown, Windows, pooling::Max, true>> {
  using Operation = operation::Pool<Shown, Windows, pooling::Max, true>;
  static constexpr int parameters = 0;

  template <class X>
  static constexpr auto append(const Operation&, const X& x) {
    using S = typename X::static_shape;
    using Result = operation::pooled_shape_t<Shown, Windows, S>;
    return detail::append_with_indices<typename X::value_type, Result, detail::KnownWindows<Operation, S>>(
        x.graph(), plain(x).edge(), -1);
  }
};

/// Each call of the net draws its samples, in a stage before.
template <class K, class Output, bool ReturnIndices>
struct Lowering<operation::FractionalMaxPool<K, Output, ReturnIndices>> {
  using Operation = operation::FractionalMaxPool<K, Output, ReturnIndices>;
  static constexpr int parameters = 1;  // samples, which are left out

  template <class X>
  static constexpr auto append(const Operation&, const X& x, std::nullptr_t) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Result = operation::pooled_shape_t<Operation, typename Operation::windows, S>;
    using Windows = detail::DrawnWindows<Operation, T, S>;
    using Samples = typename Operation::template samples<S>;
    Graph& graph = x.graph();
    const int input = plain(x).edge();
    const int samples = graph.append(Stage(input).computed_by(&Windows::draw), bytes<T, Samples, Plain>);
    if constexpr (ReturnIndices)
      return detail::append_with_indices<T, Result, Windows>(graph, input, samples);
    else
      return detail::append_if_read<T, Result, detail::LargestStage<T, Windows>>(graph, input, samples);
  }
};

template <class T, class S, class Result>
struct MaxUnpoolStage {
  static void run(const void* x, const void* indices, const std::byte*, void* scratch, void* y) noexcept {
    constexpr index_t planes = S::dims[0] * S::dims[1];
    const auto* to = static_cast<const std::int64_t*>(indices);
    const index_t outside = micro::max_unpool(planes, S::size / planes, Result::size / planes, static_cast<const T*>(x),
                                              to, static_cast<T*>(y));
    *static_cast<IndexReport*>(scratch) = outside < 0 ? IndexReport{} : IndexReport{outside, to[outside]};
  }
};

template <int Rank, class K, class St, class P, class Size>
struct Lowering<operation::MaxUnpool<Rank, K, St, P, Size>> {
  using Operation = operation::MaxUnpool<Rank, K, St, P, Size>;
  static constexpr int parameters = 0;

  template <class X, class Indices>
  static constexpr auto append(const Operation&, const X& x, const Indices& indices) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Result = decltype(Operation::output_shape(S{}, S{}));
    const int first = plain(x).edge(), second = plain(indices).edge();
    const int edge = x.graph().append(Stage(first, second)
                                          .computed_by(&MaxUnpoolStage<T, S, Result>::run)
                                          .reports_indices(Operation::name, Result::size / (S::dims[0] * S::dims[1])),
                                      bytes<T, Result, Plain>);
    return Symbolic<T, Result>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::planning
