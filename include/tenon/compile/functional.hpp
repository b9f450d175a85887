/// \file
/// Stages of the functions of a `forward`, and what needs no stage: dropout, flatten, reshape.
#pragma once

#include "../cpu/micro/gemm.hpp"
#include "../cpu/micro/map.hpp"
#include "../nn/containers.hpp"
#include "../nn/dropout.hpp"
#include "stage.hpp"

namespace tenon::inline TENON_ISA::planning {

/// The layout in which two edges meet: the first one's if it is blocked, or also the second one's.
template <class A, class B>
using common_layout_t = std::conditional_t<std::is_same_v<typename A::layout, Blocked> ||
                                               std::is_same_v<typename A::layout, typename B::layout>,
                                           typename A::layout, Plain>;

/// The layout in which quotients of shape `S` are computed: not one with padding, where they would not be finite, and a
/// Linear behind multiplies the padding by zero.
template <class T, class S, class Layout>
using quotient_layout_t = std::conditional_t<elements<T, S, Layout> == S::size, Layout, Plain>;

template <class T, class Function, index_t Size>
struct ElementwiseStage {
  template <class Epilogue>
  static void run(const void* a, const void* b, const std::byte*, void*, void* y) noexcept {
    micro::map<T>(
        Size, [](const auto& u, const auto& v) TENON_ALWAYS_INLINE { return Epilogue{}(Function{}(u, v)); },
        static_cast<T*>(y), static_cast<const T*>(a), static_cast<const T*>(b));
  }
};

/// a + b, a - b, a * b, a / b; they take in an activation.
template <class Operation>
  requires requires { typename Operation::combines_by; }
struct Lowering<Operation> {
  static constexpr int parameters = 0;
  template <class A, class B>
  static constexpr auto append(const Operation&, const A& a, const B& b) {
    using T = typename A::value_type;
    using S = typename A::static_shape;
    using Common = common_layout_t<A, B>;
    using L = std::conditional_t<std::is_same_v<typename Operation::combines_by, pointwise::Quotient>,
                                 quotient_layout_t<T, S, Common>, Common>;
    using Kernel = ElementwiseStage<T, typename Operation::combines_by, elements<T, S, L>>;
    const auto first = in_layout<L>(a);
    const auto second = in_layout<L>(b);
    const int edge = a.graph().append(Stage(first.edge(), second.edge()), bytes<T, S, L>);
    return Symbolic<T, S, L, Open<Kernel, pointwise::Identity, false>>(a.graph(), edge);
  }
};

template <class T, index_t Size>
struct ScaleShiftStage {
  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    const T* numbers = elements_at<T>(packed);
    micro::map<T>(
        Size,
        [affine = pointwise::Affine<T>{numbers[0], numbers[1]}](const auto& v)
            TENON_ALWAYS_INLINE { return Epilogue{}(affine(v)); },
        static_cast<T*>(y), static_cast<const T*>(x));
  }
  static void pack(const Source& source, std::byte* packed) {
    elements_at<T>(packed)[0] = static_cast<T>(source.scale);
    elements_at<T>(packed)[1] = static_cast<T>(source.shift);
  }
};

template <>
struct Lowering<operation::Affine> {
  static constexpr int parameters = 0;
  template <class T, class S, class L, class P>
  static constexpr auto append(const operation::Affine& affine, const Symbolic<T, S, L, P>& x) {
    using Kernel = ScaleShiftStage<T, elements<T, S, L>>;
    const Source numbers{.scale = affine.scale, .shift = affine.shift};
    const int edge = x.graph().append(Stage(x.use()).packed_by(&Kernel::pack, numbers, 2 * sizeof(T)), bytes<T, S, L>);
    return Symbolic<T, S, L, Open<Kernel, pointwise::Identity, false>>(x.graph(), edge);
  }
};

/// x / number, number / x; the number is packed.
template <class T, class Operation, index_t Size>
struct NumberStage {
  template <class Epilogue>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    using Function = decltype(Operation{}.template function<T>());
    micro::map<T>(
        Size,
        [function = Function{*elements_at<T>(packed)}](const auto& v)
            TENON_ALWAYS_INLINE { return Epilogue{}(function(v)); },
        static_cast<T*>(y), static_cast<const T*>(x));
  }
  static void pack(const Source& source, std::byte* packed) { *elements_at<T>(packed) = static_cast<T>(source.scale); }
};

template <operation::TakesNumber Operation>
struct Lowering<Operation> {
  static constexpr int parameters = 0;
  template <class T, class S, class Layout, class P>
  static constexpr auto append(const Operation& operation, const Symbolic<T, S, Layout, P>& x) {
    using L = quotient_layout_t<T, S, Layout>;
    using Kernel = NumberStage<T, Operation, elements<T, S, L>>;
    const Source number{.scale = operation.number};
    const int from = in_layout<L>(x).edge();
    const int edge = x.graph().append(Stage(from).packed_by(&Kernel::pack, number, sizeof(T)), bytes<T, S, L>);
    return Symbolic<T, S, L, Open<Kernel, pointwise::Identity, false>>(x.graph(), edge);
  }
};

template <class T, index_t M, index_t K, index_t N>
struct MatrixProductStage {
  static constexpr auto scratch_bytes = static_cast<std::size_t>(micro::gemm_workspace_size<T>(M, N, K)) * sizeof(T);
  static void run(const void* a, const void* b, const std::byte*, void* scratch, void* y) noexcept {
    micro::gemm<T>(M, N, K, {static_cast<const T*>(a), K, 1}, {static_cast<const T*>(b), N, 1}, static_cast<T*>(y), N,
                   false, static_cast<T*>(scratch));
  }
};

template <>
struct Lowering<operation::MatrixProduct> {
  static constexpr int parameters = 0;
  template <class A, class B>
  static constexpr auto append(const operation::MatrixProduct&, const A& a, const B& b) {
    using T = typename A::value_type;
    using S = Shape<A::static_shape::dims[0], B::static_shape::dims[1]>;
    using Kernel = MatrixProductStage<T, S::dims[0], A::static_shape::dims[1], S::dims[1]>;
    const auto first = plain(a);
    const auto second = plain(b);
    const int edge = a.graph().append(
        Stage(first.edge(), second.edge()).computed_by(&Kernel::run).with_scratch(Kernel::scratch_bytes),
        bytes<T, S, Plain>);
    return Symbolic<T, S>(a.graph(), edge);
  }
};

/// `Rows` rows of `Size` elements into rows `Pitch` apart, from column `At` on.
template <class T, index_t Rows, index_t Size, index_t Pitch, index_t At>
struct CopyRows {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    for (index_t row = 0; row < Rows; ++row)
      std::copy_n(static_cast<const T*>(x) + row * Size, Size, static_cast<T*>(y) + row * Pitch + At);
  }
};

/// What is put together lies in the result from the start where it is contiguous there; else it is copied.
template <int Dim>
struct Lowering<operation::Cat<Dim>> {
  using Operation = operation::Cat<Dim>;
  static constexpr int parameters = 0;

  template <class First, class... Rest>
  static constexpr auto append(const Operation&, const First& first, const Rest&... rest) {
    using T = typename First::value_type;
    using S = decltype(Operation::output_shape(typename First::static_shape{}, typename Rest::static_shape{}...));
    using L = std::conditional_t<stays_blocked<First, Rest...>, Blocked, Plain>;
    const int edge = first.graph().append_edge(bytes<T, S, L>);
    put<L, S, 0>(edge, first, rest...);
    return Symbolic<T, S, L>(first.graph(), edge);
  }

 private:
  /// Images of whole vectors of channels, but for the last, lie one behind the other in blocks too.
  template <class... X>
  static constexpr bool stays_blocked = [] {
    std::size_t left = sizeof...(X);
    bool whole = ((Operation::template axis<X::static_shape::rank> == 1) && ...);
    ((whole = whole && (--left == 0 || X::static_shape::dims[1] % micro::lanes<typename X::value_type> == 0)), ...);
    return whole && (std::is_same_v<typename X::layout, Blocked> || ...);
  }();
  template <class T, class S, class L>
  static constexpr index_t rows = std::is_same_v<L, Blocked> ? S::dims[0] : S::size / Operation::template row<S>;

  template <class L, class S, index_t At, class X, class... Rest>
  static constexpr void put(int edge, const X& x, const Rest&... rest) {
    using T = typename X::value_type;
    constexpr index_t count = rows<T, S, L>;
    constexpr index_t row = elements<T, typename X::static_shape, L> / count;
    constexpr std::size_t offset = static_cast<std::size_t>(At) * sizeof(T);
    Graph& graph = x.graph();
    const int part = in_layout<L>(x).edge();
    if (count == 1 && offset % memory::alignment == 0 && graph.can_be_placed(part))
      graph.place(part, edge, offset);
    else
      graph.append_part(Stage(part).computed_by(&CopyRows<T, count, row, elements<T, S, L> / count, At>::run), edge);
    if constexpr (sizeof...(Rest) > 0) put<L, S, At + row>(edge, rest...);
  }
};

/// A part of the edge, copied only where it does not start at an aligned address.
template <>
struct Lowering<operation::Select> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr auto append(const operation::Select& select, const X& x) {
    using T = typename X::value_type;
    using S = decltype(operation::Select::output_shape(typename X::static_shape{}));
    const std::size_t offset = static_cast<std::size_t>(select.index) * bytes<T, S, Plain>;
    Graph& graph = x.graph();
    const int whole = plain(x).edge();
    int edge = graph.append_edge(bytes<T, S, Plain>);
    graph.place(edge, whole, offset);
    if (offset % memory::alignment != 0)
      edge = graph.append(Stage(edge).computed_by(&detail::Copy<T, S>::run), bytes<T, S, Plain>);
    return Symbolic<T, S>(graph, edge);
  }
};

/// In evaluation mode, nothing.
template <class Operation>
  requires operation::AnyDropout<Operation>
struct Lowering<Operation> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr X append(const Operation&, const X& x) {
    return x;
  }
};

/// The same elements, and the same edge where they lie in the same order.
template <class Operation>
  requires(Operation::keeps_elements)
struct Lowering<Operation> {
  static constexpr int parameters = 0;
  template <class X>
  static constexpr auto append(const Operation&, const X& x) {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Result = decltype(Operation::output_shape(S{}));
    if constexpr (std::is_same_v<Result, S>) {
      return x;
    } else if constexpr (std::is_same_v<typename X::layout, Blocked> && Result::rank == 2 &&
                         Result::dims[0] == S::dims[0]) {
      using Layout = FlattenedBlocked<Image<S>::channels, Image<S>::pixels>;
      return Symbolic<T, Result, Layout>(x.graph(), x.use());
    } else {
      return Symbolic<T, Result>(x.graph(), plain(x).edge());
    }
  }
};

}  // namespace tenon::inline TENON_ISA::planning
