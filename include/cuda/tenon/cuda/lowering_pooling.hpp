/// \file
/// Pooling stages of a net on the device.
#pragma once

#include "fractional_pooling.hpp"
#include "lowering.hpp"
#include "unpooling.hpp"

namespace tenon::inline TENON_ISA::cuda {

namespace detail {

// Where the windows lie in images of shape `S`: known, or by drawn samples, the stage's second input.
template <class Operation, class S>
struct KnownWindows {
  static auto from(const void*) { return Operation::geometry(S{}); }
};
template <class Operation, class T, class S>
struct DrawnWindows {
  static auto from(const void* samples) { return Operation::windows::geometry(S{}, static_cast<const T*>(samples)); }
  static void draw(const void*, const void*, const std::byte*, void*, void* samples) noexcept {
    draw_samples(Operation::template samples<S>::size, static_cast<T*>(samples));
  }
};

template <class Function, class T, class Windows>
struct PoolStage {
  template <class Epilogue>
  static void run(const void* x, const void* samples, const std::byte*, void*, void* y) noexcept {
    pool<Function>(Windows::from(samples), static_cast<const T*>(x), static_cast<T*>(y));
  }
};
template <class T, class Windows>
struct LargestAtStage {
  template <class Epilogue>
  static void run(const void* x, const void* samples, const std::byte*, void*, void* y) noexcept {
    max_pool(Windows::from(samples), static_cast<const T*>(x), static_cast<T*>(nullptr), static_cast<std::int64_t*>(y));
  }
};

/// An edge whose stage runs if something reads it.
template <class T, class S, class Kernel>
auto append_if_read(planning::Graph& graph, int first, int second = -1) {
  const int edge = graph.append(Stage(first, second), bytes<T, S>);
  return Symbolic<T, S, planning::Sealed<Kernel, pointwise::Identity>>(graph, edge);
}
/// A max pooling and its indices: each is a stage of its own.
template <class T, class S, class Windows>
auto append_with_indices(planning::Graph& graph, int input, int samples = -1) {
  return std::tuple{append_if_read<T, S, PoolStage<pooling::Max, T, Windows>>(graph, input, samples),
                    append_if_read<std::int64_t, S, LargestAtStage<T, Windows>>(graph, input, samples)};
}

}  // namespace detail

template <class Shown, class PoolWindows, class Function, bool ReturnIndices>
struct Lowering<operation::Pool<Shown, PoolWindows, Function, ReturnIndices>> {
  using Operation = operation::Pool<Shown, PoolWindows, Function, ReturnIndices>;

  template <class T, class S, class P>
  static auto append(const Operation&, const Symbolic<T, S, P>& x) {
    using Result = operation::pooled_shape_t<Shown, PoolWindows, S>;
    using Windows = detail::KnownWindows<Operation, S>;
    if constexpr (ReturnIndices)
      return detail::append_with_indices<T, Result, Windows>(x.graph(), x.use());
    else
      return detail::append_if_read<T, Result, detail::PoolStage<Function, T, Windows>>(x.graph(), x.use());
  }
};

/// Each call of the net draws its samples, in a stage before.
template <class K, class Output, bool ReturnIndices>
struct Lowering<operation::FractionalMaxPool<K, Output, ReturnIndices>> {
  using Operation = operation::FractionalMaxPool<K, Output, ReturnIndices>;

  template <class T, class S, class P>
  static auto append(const Operation&, const Symbolic<T, S, P>& x, std::nullptr_t) {
    using Result = operation::pooled_shape_t<Operation, typename Operation::windows, S>;
    using Windows = detail::DrawnWindows<Operation, T, S>;
    planning::Graph& graph = x.graph();
    const int input = x.use();
    const int samples =
        graph.append(Stage(input).computed_by(&Windows::draw), bytes<T, typename Operation::template samples<S>>);
    if constexpr (ReturnIndices)
      return detail::append_with_indices<T, Result, Windows>(graph, input, samples);
    else
      return detail::append_if_read<T, Result, detail::PoolStage<pooling::Max, T, Windows>>(graph, input, samples);
  }
};

template <class T, class S, class Result>
struct MaxUnpoolStage {
  static void run(const void* x, const void* indices, const std::byte*, void* scratch, void* y) noexcept {
    constexpr index_t planes = S::dims[0] * S::dims[1];
    const auto* at = static_cast<const std::int64_t*>(indices);
    launch(planes,
           UnpoolPlane<T>{S::size / planes, Result::size / planes, static_cast<const T*>(x), at, static_cast<T*>(y)});
    report_indices(S::size, Result::size / planes, at, scratch);
  }
};

template <int Rank, class K, class St, class Pa, class Size>
struct Lowering<operation::MaxUnpool<Rank, K, St, Pa, Size>> {
  using Operation = operation::MaxUnpool<Rank, K, St, Pa, Size>;

  template <class T, class S, class P, class Q>
  static auto append(const Operation&, const Symbolic<T, S, P>& x, const Symbolic<std::int64_t, S, Q>& indices) {
    using Result = decltype(Operation::output_shape(S{}, S{}));
    const int first = x.use(), second = indices.use();
    const int edge = x.graph().append(Stage(first, second)
                                          .computed_by(&MaxUnpoolStage<T, S, Result>::run)
                                          .with_scratch(index_report_bytes(S::size))
                                          .reports_indices(Operation::name, Result::size / (S::dims[0] * S::dims[1])),
                                      bytes<T, Result>);
    return Symbolic<T, Result>(x.graph(), edge);
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
