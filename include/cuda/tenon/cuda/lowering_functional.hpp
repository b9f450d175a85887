/// \file
/// The functions of a `forward` as stages of a net on the device.
#pragma once

#include "lowering.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class T, class S, class Combine>
struct ElementwiseStage {
  template <class Function>
  static void run(const void* a, const void* b, const std::byte*, void*, void* y) noexcept {
    combine<Combine, Function>(S::size, static_cast<const T*>(a), static_cast<const T*>(b), static_cast<T*>(y));
  }
};

/// a + b, a - b, a * b, a / b; they take in an activation.
template <class Operation>
  requires requires { typename Operation::combines_by; }
struct Lowering<Operation> {
  template <class T, class S, class P, class Q>
  static auto append(const Operation&, const Symbolic<T, S, P>& a, const Symbolic<T, S, Q>& b) {
    using Kernel = ElementwiseStage<T, S, typename Operation::combines_by>;
    const int first = a.use(), edge = a.graph().append(Stage(first, b.use()), bytes<T, S>);
    return OpenSymbolic<T, S, Kernel>(a.graph(), edge);
  }
};

template <class T, class S>
struct AffineStage {
  static constexpr std::size_t packed_bytes = 2 * sizeof(T);
  template <class Function>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    const T* numbers = reinterpret_cast<const T*>(packed);
    launch(S::size,
           ScaleThen<T, Function>{1, S::size, numbers, numbers + 1, static_cast<const T*>(x), static_cast<T*>(y), {}});
  }
  static void pack(const Source& source, std::byte* packed) {
    T* const numbers = reinterpret_cast<T*>(packed);
    numbers[0] = static_cast<T>(source.scale);
    numbers[1] = static_cast<T>(source.shift);
  }
};

template <>
struct Lowering<operation::Affine> {
  template <class T, class S, class P>
  static auto append(const operation::Affine& affine, const Symbolic<T, S, P>& x) {
    using Kernel = AffineStage<T, S>;
    const Source numbers{.scale = affine.scale, .shift = affine.shift};
    const int edge =
        x.graph().append(Stage(x.use()).packed_by(&Kernel::pack, numbers, Kernel::packed_bytes), bytes<T, S>);
    return OpenSymbolic<T, S, Kernel>(x.graph(), edge);
  }
};

/// y[i] = after(function(x[i])), where `function` has the number that lies in the packed weights.
template <class T, class Function, class After>
struct NumberThen {
  const T *number, *x;
  T* y;
  TENON_HOST_DEVICE void operator()(index_t i) const { y[i] = After{}(Function{*number}(x[i])); }
};

/// x / number, number / x.
template <class T, class S, class Operation>
struct NumberStage {
  template <class Function>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    using Divide = decltype(Operation{}.template function<T>());
    launch(S::size, NumberThen<T, Divide, Function>{reinterpret_cast<const T*>(packed), static_cast<const T*>(x),
                                                    static_cast<T*>(y)});
  }
  static void pack(const Source& source, std::byte* packed) {
    *reinterpret_cast<T*>(packed) = static_cast<T>(source.scale);
  }
};

template <operation::TakesNumber Operation>
struct Lowering<Operation> {
  template <class T, class S, class P>
  static auto append(const Operation& operation, const Symbolic<T, S, P>& x) {
    using Kernel = NumberStage<T, S, Operation>;
    const Source number{.scale = operation.number};
    const int edge = x.graph().append(Stage(x.use()).packed_by(&Kernel::pack, number, sizeof(T)), bytes<T, S>);
    return OpenSymbolic<T, S, Kernel>(x.graph(), edge);
  }
};

template <class T, index_t M, index_t K, index_t N>
struct MatrixProductStage {
  static void run(const void* a, const void* b, const std::byte*, void*, void* y) noexcept {
    gemm<T>({.m = M, .n = N, .k = K}, static_cast<const T*>(a), static_cast<const T*>(b), static_cast<T*>(y));
  }
};

template <>
struct Lowering<operation::MatrixProduct> {
  template <class T, class S, class R, class P, class Q>
  static auto append(const operation::MatrixProduct&, const Symbolic<T, S, P>& a, const Symbolic<T, R, Q>& b) {
    using Result = Shape<S::dims[0], R::dims[1]>;
    using Kernel = MatrixProductStage<T, S::dims[0], S::dims[1], R::dims[1]>;
    const int first = a.use(),
              edge = a.graph().append(Stage(first, b.use()).computed_by(&Kernel::run), bytes<T, Result>);
    return Symbolic<T, Result>(a.graph(), edge);
  }
};

template <class T, index_t Count, index_t Row, index_t Pitch, index_t At>
struct CopyRowsStage {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    copy_rows(Count, Row, Pitch, static_cast<const T*>(x), static_cast<T*>(y) + At);
  }
};

/// As on the host: what is put together lies in the result from the start where it is contiguous there, else it is
/// copied.
template <int Dim>
struct Lowering<operation::Cat<Dim>> {
  using Operation = operation::Cat<Dim>;

  template <class First, class... Rest>
  static auto append(const Operation&, const First& first, const Rest&... rest) {
    using T = typename First::value_type;
    using S = decltype(Operation::output_shape(typename First::static_shape{}, typename Rest::static_shape{}...));
    const int edge = first.graph().append_edge(bytes<T, S>);
    put<S, 0>(edge, first, rest...);
    return Symbolic<T, S>(first.graph(), edge);
  }

 private:
  template <class S, index_t At, class X, class... Rest>
  static void put(int edge, const X& x, const Rest&... rest) {
    using T = typename X::value_type;
    constexpr index_t row = Operation::template row<typename X::static_shape>, pitch = Operation::template row<S>;
    constexpr index_t count = S::size / pitch;
    constexpr std::size_t offset = static_cast<std::size_t>(At) * sizeof(T);
    planning::Graph& graph = x.graph();
    const int part = x.use();
    if (count == 1 && offset % memory::alignment == 0 && graph.can_be_placed(part))
      graph.place(part, edge, offset);
    else
      graph.append_part(Stage(part).computed_by(&CopyRowsStage<T, count, row, pitch, At>::run), edge);
    if constexpr (sizeof...(Rest) > 0) put<S, At + row>(edge, rest...);
  }
};

/// A part of the edge, copied where it does not start at an aligned address.
template <>
struct Lowering<operation::Select> {
  template <class T, class S, class P>
  static auto append(const operation::Select& select, const Symbolic<T, S, P>& x) {
    using Result = decltype(operation::Select::output_shape(S{}));
    const std::size_t offset = static_cast<std::size_t>(select.index) * bytes<T, Result>;
    planning::Graph& graph = x.graph();
    const int whole = x.use();
    int edge = graph.append_edge(bytes<T, Result>);
    graph.place(edge, whole, offset);
    if (offset % memory::alignment != 0)
      edge = graph.append(Stage(edge).computed_by(&PointwiseStage<T, Result>::template run<pointwise::Identity>),
                          bytes<T, Result>);
    return Symbolic<T, Result>(graph, edge);
  }
};

/// Flatten, reshape: the same edge.
template <class Operation>
  requires(Operation::keeps_elements)
struct Lowering<Operation> {
  template <class T, class S, class P>
  static auto append(const Operation& operation, const Symbolic<T, S, P>& x) {
    return Symbolic<T, decltype(operation.output_shape(S{}))>(x.graph(), x.use());
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
