/// \file
/// Helpers of the stages of all chapters: packed weights, and the functions behind a product.
#pragma once

#include <tenon/plan/folded.hpp>

#include "../backend.hpp"

namespace tenon::inline TENON_ISA::cuda {

/// The packed weights of Linear and convolution stages, with a batch normalization folded in: `FanIn` weights for each
/// channel, of which `Order::channel_of(i)` has weight i, then biases (Channels).
template <class T, index_t Channels, index_t FanIn, class Order>
struct ChannelWeights : plan::KernelTraits {
  static constexpr bool takes_functions = true, adds = true;
  static constexpr std::size_t packed_bytes = static_cast<std::size_t>(Channels * (FanIn + 1)) * sizeof(T);

  static void pack(const plan::Source& source, std::byte* packed) {
    const plan::Folded<T> folded(source, Channels);
    const FoldedWeights<T> weights = folded.weights();
    T* out = reinterpret_cast<T*>(packed);
    for (index_t i = 0; i < Channels * FanIn; ++i) *out++ = weights.folded_weight(Order::channel_of(i), i);
    for (index_t c = 0; c < Channels; ++c) *out++ = weights.folded_bias(c);
  }
  static const T* bias(const plan::Call& call) { return call.packed<T>() + Channels * FanIn; }
};
/// The order of weights (channels, FanIn).
template <index_t FanIn>
struct RowPerChannel {
  static constexpr index_t channel_of(index_t element) { return element / FanIn; }
};

/// Computes y = second(first(y + bias of the channel) + operand) for `y` and `operand` (..., channels, inner) and
/// `bias` (channels).
template <class T, class First, class Second>
struct AddBiasAndOperand {
  index_t channels, inner;
  const T *bias, *operand;
  T* y;
  First first;
  Second second;
  TENON_HOST_DEVICE void operator()(index_t i) const {
    y[i] = second(first(y[i] + bias[i / inner % channels]) + operand[i]);
  }
};

namespace detail {
/// Computes y = function(y + bias of the channel) in `run`; pointers are as in `finish_stage`.
template <class Function>
struct Finish {
  template <class T>
  static void run(index_t count, index_t channels, index_t inner, const T* bias, const plan::Call&, T* y) {
    finish<Function>(count, channels, inner, bias, y);
  }
};
template <class First, class Second>
struct Finish<plan::AddThen<First, Second>> {
  template <class T>
  static void run(index_t count, index_t channels, index_t inner, const T* bias, const plan::Call& call, T* y) {
    launch(count, AddBiasAndOperand<T, First, Second>{channels, inner, bias, call.in<T>(1), y, {}, {}});
  }
};
}  // namespace detail

/// Computes y = function(y + bias of the channel) for `y` (..., channels, inner), of `count` elements, and `bias`
/// (channels). The function may add the stage's second input.
template <class Function, class T>
void finish_stage(index_t count, index_t channels, index_t inner, const T* bias, const plan::Call& call, T* y) {
  detail::Finish<Function>::run(count, channels, inner, bias, call, y);
}

}  // namespace tenon::inline TENON_ISA::cuda
