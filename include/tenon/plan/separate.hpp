/// \file
/// Operations for which each position along an axis is a case of its own.
#pragma once

#include "../nn/activation.hpp"
#include "../nn/conv.hpp"
#include "../nn/conv_transpose.hpp"
#include "../nn/dropout.hpp"
#include "../nn/embedding.hpp"
#include "../nn/functional.hpp"
#include "../nn/group_norm.hpp"
#include "../nn/linear.hpp"
#include "../nn/pooling.hpp"
#include "../nn/softmax.hpp"
#include "../nn/vision.hpp"

namespace tenon::inline TENON_ISA::plan {

/// Whether `Operation` makes each position of its result along an axis of its first operand, of shape `S`, of that
/// position alone, and all of them in the same way: `along<S>(axis)`. The axis is the result's as well. Not
/// specialised: never.
template <class Operation>
struct Separate;

struct SeparateEverywhere {
  template <class S>
  static constexpr bool along(int) {
    return true;
  }
};
/// Separate but along the axis of channels.
struct SeparateByChannel {
  template <class S>
  static constexpr bool along(int axis) {
    return axis != 1;
  }
};
/// Separate by sample alone, along the first axis.
struct SeparateBySample {
  template <class S>
  static constexpr bool along(int axis) {
    return axis == 0;
  }
};

template <class Function>
struct Separate<operation::Pointwise<Function>> : SeparateEverywhere {};
template <class Operation>
  requires requires { typename Operation::combines_by; }
struct Separate<Operation> : SeparateEverywhere {};
template <operation::TakesNumbers Operation>
struct Separate<Operation> : SeparateEverywhere {};
template <operation::AnyDropout Operation>
struct Separate<Operation> : SeparateEverywhere {};
template <class T, index_t Num, index_t Dim, index_t Padding, double MaxNorm, double NormType, bool Scale>
struct Separate<operation::Embedding<T, Num, Dim, Padding, MaxNorm, NormType, Scale>> : SeparateEverywhere {};
template <index_t Parameters>
struct Separate<operation::PReLU<Parameters>>
    : std::conditional_t<Parameters == 1, SeparateEverywhere, SeparateByChannel> {};
template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Separate<operation::BatchNorm<Rank, Channels, Eps, Momentum, Statistics>> : SeparateByChannel {};
template <index_t In, index_t Out>
struct Separate<operation::Linear<In, Out>> {
  template <class S>
  static constexpr bool along(int axis) {
    return axis != int{S::rank} - 1;
  }
};
template <index_t... N, double Eps>
struct Separate<operation::LayerNorm<Shape<N...>, Eps>> {
  template <class S>
  static constexpr bool along(int axis) {
    return axis < int{S::rank} - int{sizeof...(N)};
  }
};
template <operation::AnySoftmax Operation>
struct Separate<Operation> {
  template <class S>
  static constexpr bool along(int axis) {
    return axis != Operation::template axis<S::rank>;
  }
};
template <index_t Groups, index_t Channels, double Eps>
struct Separate<operation::GroupNorm<Groups, Channels, Eps>> : SeparateBySample {};
template <int Rank, index_t Channels, double Eps>
struct Separate<operation::InstanceNorm<Rank, Channels, Eps>> : SeparateBySample {};
/// In evaluation mode it is a batch normalization.
template <int Rank, index_t Channels, double Eps, double Momentum, class Statistics>
struct Separate<operation::TrackingInstanceNorm<Rank, Channels, Eps, Momentum, Statistics>> : SeparateByChannel {};
template <index_t Factor>
struct Separate<operation::PixelShuffle<Factor>> : SeparateBySample {};
template <class Operation>
  requires(Operation::resamples)
struct Separate<Operation> : SeparateBySample {};
template <int Rank, index_t In, index_t Out, class K, class St, class P, class D, index_t Groups>
struct Separate<operation::Conv<Rank, In, Out, K, St, P, D, Groups>> : SeparateBySample {};
template <int Rank, index_t In, index_t Out, class K, class St, class P, class OP, class D, index_t Groups>
struct Separate<operation::ConvTranspose<Rank, In, Out, K, St, P, OP, D, Groups>> : SeparateBySample {};
template <class Shown, class Windows, class Function, bool ReturnIndices>
struct Separate<operation::Pool<Shown, Windows, Function, ReturnIndices>> : SeparateBySample {};

}  // namespace tenon::inline TENON_ISA::plan
