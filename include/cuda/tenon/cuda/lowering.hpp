/// \file
/// How operations become stages of a net on the device: the planner's graph, with kernels of this place.
#pragma once

#include <cstring>
#include <tenon/compile/symbolic.hpp>

#include "activation.hpp"
#include "conv.hpp"
#include "dropout.hpp"
#include "folded.hpp"
#include "functional.hpp"
#include "linear.hpp"
#include "normalization.hpp"
#include "softmax.hpp"

namespace tenon::inline TENON_ISA::cuda {

using planning::Source;
using planning::Stage;

/// The layout of every edge of a net on the device: as the shape says, row-major.
struct InDevice {};
/// An edge of such a net.
template <class T, class S, class Producer = planning::Closed>
using Symbolic = planning::Symbolic<T, S, InDevice, Producer>;
/// An edge whose stage takes in what follows: `Kernel::run<Function>`.
template <class T, class S, class Kernel, bool Foldable = false, class Function = pointwise::Identity>
using OpenSymbolic = Symbolic<T, S, planning::Open<Kernel, Function, Foldable>>;

template <class T, class S>
inline constexpr std::size_t bytes = static_cast<std::size_t>(S::size) * sizeof(T);

/// As planning::Lowering, for the device.
template <class Operation>
struct Lowering {};

/// `apply` on the edges of a net on the device, of which `where` is one.
template <class Operation, class T, class S, class P, class... X>
auto plan(const Operation& operation, const planning::Symbolic<T, S, InDevice, P>& where, const X&... x) {
  using Result = decltype(Operation::output_shape(shape_of_t<X>{}...));
  constexpr bool can_compile =
      requires { Lowering<Operation>::append(operation, planning::detail::lowered<InDevice>(where.graph(), x)...); };
  if constexpr (is_rejection<Result>) {
    report(Result{});
    return Rejected{};
  } else if constexpr (!can_compile) {
    static_assert(can_compile, "this operation has no place in a net compiled for the device");
    return Rejected{};
  } else {
    return Lowering<Operation>::append(operation, planning::detail::lowered<InDevice>(where.graph(), x)...);
  }
}

// ---- linear and convolution: they take in a batch normalization and activations

template <class T, index_t Rows, index_t In, index_t Out>
struct LinearStage : FoldedWeights<T, Out, In> {
  static constexpr index_t channels = Out;
  template <class Function>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    linear<Function, T>(Rows, In, Out, static_cast<const T*>(x), LinearStage::weight(packed), LinearStage::bias(packed),
                        static_cast<T*>(y));
  }
};

template <index_t In, index_t Out>
struct Lowering<operation::Linear<In, Out>> {
  template <class T, class S, class P>
  static auto append(const operation::Linear<In, Out>& linear, const Symbolic<T, S, P>& x, const void* weight,
                     const void* bias) {
    using Result = decltype(linear.output_shape(S{}));
    using Kernel = LinearStage<T, S::size / In, In, Out>;
    constexpr bool foldable = Result::rank == 2;  // the last axis is the channels
    const int edge = x.graph().append(
        Stage(x.use()).packed_by(&Kernel::pack, {.weight = weight, .bias = bias}, Kernel::packed_bytes),
        bytes<T, Result>);
    return OpenSymbolic<T, Result, Kernel, foldable>(x.graph(), edge);
  }
};

template <class T, class Operation, class S>
struct ConvolutionStage : FoldedWeights<T, Operation::out_channels,
                                        Operation::weight_channels[0] * Operation::weight_channels[1] *
                                            Operation::kernel_elements / Operation::out_channels,
                                        Operation> {
  static constexpr index_t channels = Operation::out_channels;
  using Run = Convolution<T, typename Kernel<Operation>::template Geometry<S>>;
  template <class Function>
  static void run(const void* x, const void*, const std::byte* packed, void* scratch, void* y) noexcept {
    const T *from = static_cast<const T*>(x), *weight = ConvolutionStage::weight(packed),
            *bias = ConvolutionStage::bias(packed);
    if constexpr (Operation::transposed)
      Run::template run_transposed<Function>(from, weight, bias, static_cast<T*>(y), static_cast<T*>(scratch));
    else
      Run::template run<Function>(from, weight, bias, static_cast<T*>(y), static_cast<T*>(scratch));
  }
};

template <class Operation>
struct ConvolutionLowering {
  template <class T, class S, class P>
  static auto append(const Operation& conv, const Symbolic<T, S, P>& x, const void* weight, const void* bias) {
    using Result = decltype(conv.output_shape(S{}));
    using Kernel = ConvolutionStage<T, Operation, S>;
    const int edge =
        x.graph().append(Stage(x.use())
                             .packed_by(&Kernel::pack, {.weight = weight, .bias = bias}, Kernel::packed_bytes)
                             .with_scratch(static_cast<std::size_t>(Kernel::Run::workspace_size) * sizeof(T)),
                         bytes<T, Result>);
    return OpenSymbolic<T, Result, Kernel, true>(x.graph(), edge);
  }
};

template <int Rank, index_t In, index_t Out, class K, class St, class Pa, class D, index_t Groups>
struct Lowering<operation::Conv<Rank, In, Out, K, St, Pa, D, Groups>>
    : ConvolutionLowering<operation::Conv<Rank, In, Out, K, St, Pa, D, Groups>> {};

template <int Rank, index_t In, index_t Out, class K, class St, class Pa, class OutputPadding, class D, index_t Groups>
struct Lowering<operation::ConvTranspose<Rank, In, Out, K, St, Pa, OutputPadding, D, Groups>>
    : ConvolutionLowering<operation::ConvTranspose<Rank, In, Out, K, St, Pa, OutputPadding, D, Groups>> {};

// ---- batch normalization and activation: taken in by the stage before, if that is open

namespace detail {
/// The stage that writes `x` becomes `merged` and also computes `alone`; where that is too late, `alone` is a stage.
template <class T, class S, class P>
int take_in(const Symbolic<T, S, P>& x, const Stage& merged, Stage alone) {
  auto& graph = x.graph();
  if (graph.open(x.edge())) return graph.take_over(x.edge(), merged, alone, bytes<T, S>);
  alone.a = x.use();
  return graph.append(alone, bytes<T, S>);
}
}  // namespace detail

/// y = function(scale * x + shift), per channel of (..., channels, inner).
template <class T, class Function>
struct ScaleThen {
  index_t channels, inner;
  const T *scale, *shift, *x;
  T* y;
  Function function;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t c = i / inner % channels;
    y[i] = function(scale[c] * x[i] + shift[c]);
  }
};

/// y = function((x - mean[c]) * scale[c] + bias[c])
template <class T, class Function>
struct CenterScaleThen {
  index_t channels, inner;
  const T *mean, *scale, *bias, *x;
  T* y;
  Function function;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    const index_t c = i / inner % channels;
    y[i] = function(elementary::in_order(x[i] - mean[c]) * scale[c] + bias[c]);
  }
};

template <class T, class S>
struct ScaleStage {
  static constexpr index_t channels = S::dims[1];
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(3 * channels) * sizeof(T);

  template <class Function>
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    constexpr index_t inner = S::size / (S::dims[0] * channels);
    const T *mean = reinterpret_cast<const T*>(packed), *scale = mean + channels, *bias = scale + channels;
    launch(S::size, CenterScaleThen<T, Function>{
                        channels, inner, mean, scale, bias, static_cast<const T*>(x), static_cast<T*>(y), {}});
  }
  static void pack(const Source& source, std::byte* packed) {
    const ScaleShift<T> affine(source.affine, channels);
    T* out = reinterpret_cast<T*>(packed);
    for (const auto* values : {&affine.mean, &affine.scale})
      for (const double value : *values) *out++ = static_cast<T>(value);
    const auto* bias = static_cast<const T*>(source.affine.bias);
    for (index_t c = 0; c < channels; ++c) *out++ = bias ? bias[c] : T(0);
  }
};

template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Lowering<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> {
  using Operation = operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>;

  template <class T, class S, class P>
  static auto append(const Operation& norm, const Symbolic<T, S, P>& x, const void* weight, const void* bias) {
    using Kernel = ScaleStage<T, S>;
    const int edge = x.graph().append(scale<Kernel>(norm, x.use(), weight, bias), bytes<T, S>);
    return OpenSymbolic<T, S, Kernel>(x.graph(), edge);
  }
  template <class T, class S, class K, bool Unique>
    requires(K::channels == Channels)
  static auto append(const Operation& norm,
                     const Symbolic<T, S, planning::Open<K, pointwise::Identity, true, Unique>>& x, const void* weight,
                     const void* bias) {
    using Alone = ScaleStage<T, S>;
    Stage alone = scale<Alone>(norm, x.edge(), weight, bias), merged = x.graph().stage(x.edge());
    alone.computed_by(&Alone::template run<pointwise::Identity>);
    merged.source.affine = alone.source.affine;
    return OpenSymbolic<T, S, K>(x.graph(), detail::take_in(x, merged, alone));
  }

 private:
  template <class Kernel>
  static Stage scale(const Operation& norm, int input, const void* weight, const void* bias) {
    const Source source{.affine = {weight, bias, norm.running_mean->data(), norm.running_var->data(), Eps, true}};
    return Stage(input).packed_by(&Kernel::pack, source, Kernel::packed_bytes);
  }
};

template <class T, class S>
struct PointwiseStage {
  template <class Function>
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    map(S::size, Function{}, static_cast<const T*>(x), static_cast<T*>(y));
  }
};

template <class Function>
struct Lowering<operation::Pointwise<Function>> {
  using Operation = operation::Pointwise<Function>;

  template <class T, class S, class P>
  static auto append(const Operation&, const Symbolic<T, S, P>& x) {
    using Kernel = PointwiseStage<T, S>;
    const int edge = x.graph().append(Stage(x.use()), bytes<T, S>);
    return OpenSymbolic<T, S, Kernel, false, Function>(x.graph(), edge);
  }
  template <class T, class S, class K, class First, bool Foldable, bool Unique>
  static auto append(const Operation&, const Symbolic<T, S, planning::Open<K, First, Foldable, Unique>>& x) {
    using Both =
        std::conditional_t<std::is_same_v<First, pointwise::Identity>, Function, pointwise::Compose<First, Function>>;
    const Stage alone = Stage(x.edge()).computed_by(&PointwiseStage<T, S>::template run<Function>);
    return OpenSymbolic<T, S, K, false, Both>(x.graph(), detail::take_in(x, x.graph().stage(x.edge()), alone));
  }
};

template <>
struct Lowering<operation::Pointwise<pointwise::Identity>> {
  template <class X>
  static X append(const operation::Pointwise<pointwise::Identity>&, const X& x) {
    return x;
  }
};

// ---- the others

template <class T, class S, index_t Parameters>
struct PReLUStage {
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(Parameters) * sizeof(T);
  static void run(const void* x, const void*, const std::byte* packed, void*, void* y) noexcept {
    constexpr index_t inner = Kernel<operation::PReLU<Parameters>>::template inner<S>;
    launch(S::size, PReLU<T>{Parameters, inner, static_cast<const T*>(x), reinterpret_cast<const T*>(packed),
                             static_cast<T*>(y)});
  }
  static void pack(const Source& source, std::byte* packed) { std::memcpy(packed, source.weight, packed_bytes); }
};

template <index_t Parameters>
struct Lowering<operation::PReLU<Parameters>> {
  template <class T, class S, class P>
  static auto append(const operation::PReLU<Parameters>&, const Symbolic<T, S, P>& x, const void* weight) {
    using Kernel = PReLUStage<T, S, Parameters>;
    const int edge = x.graph().append(
        Stage(x.use()).computed_by(&Kernel::run).packed_by(&Kernel::pack, {.weight = weight}, Kernel::packed_bytes),
        bytes<T, S>);
    return Symbolic<T, S>(x.graph(), edge);
  }
};

template <class T, class S, class Operation>
struct SoftmaxStage {
  static void run(const void* x, const void*, const std::byte*, void*, void* y) noexcept {
    Kernel<Operation>::template compute<S>(static_cast<const T*>(x), static_cast<T*>(y));
  }
};

template <class Operation>
  requires operation::AnySoftmax<Operation>
struct Lowering<Operation> {
  template <class T, class S, class P>
  static auto append(const Operation&, const Symbolic<T, S, P>& x) {
    const int edge = x.graph().append(Stage(x.use()).computed_by(&SoftmaxStage<T, S, Operation>::run), bytes<T, S>);
    return Symbolic<T, S>(x.graph(), edge);
  }
};

/// In evaluation mode, nothing.
template <class Operation>
  requires operation::AnyDropout<Operation>
struct Lowering<Operation> {
  template <class X>
  static X append(const Operation&, const X& x) {
    return x;
  }
};

}  // namespace tenon::inline TENON_ISA::cuda
