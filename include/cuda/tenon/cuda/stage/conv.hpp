/// \file
/// Convolution stages on the device.
#pragma once

#include "../conv.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class Operation>
struct ConvStage {
  template <class X>
  struct kernel
      : ChannelWeights<typename X::value_type, Operation::out_channels,
                       Operation::weight_channels[0] * Operation::weight_channels[1] * Operation::kernel_elements /
                           Operation::out_channels,
                       Operation> {
    using T = typename X::value_type;
    using S = typename X::static_shape;
    using Result = decltype(Operation::output_shape(S{}));
    using Run = Convolution<T, typename Kernel<Operation>::template Geometry<S>>;
    static constexpr std::string_view name = "columns and matrix product";
    static constexpr index_t channels = Operation::out_channels, folds_channels = channels;
    static constexpr std::size_t scratch_bytes = static_cast<std::size_t>(Run::workspace_size) * sizeof(T);
    template <class Function>
    static void run(const plan::Call& call) noexcept {
      if constexpr (Operation::transposed)
        Run::run_transposed(call.in<T>(), call.packed<T>(), nullptr, call.out<T>(), call.scratch<T>());
      else
        Run::run(call.in<T>(), call.packed<T>(), nullptr, call.out<T>(), call.scratch<T>());
      finish_stage<Function>(Result::size, channels, plan::Image<Result>::pixels, kernel::bias(call), call,
                             call.out<T>());
    }
  };
};

template <int Rank, index_t In, index_t Out, class K, class St, class P, class D, index_t Groups>
struct Stage<operation::Conv<Rank, In, Out, K, St, P, D, Groups>>
    : ConvStage<operation::Conv<Rank, In, Out, K, St, P, D, Groups>> {};
template <int Rank, index_t In, index_t Out, class K, class St, class P, class OutputPadding, class D, index_t Groups>
struct Stage<operation::ConvTranspose<Rank, In, Out, K, St, P, OutputPadding, D, Groups>>
    : ConvStage<operation::ConvTranspose<Rank, In, Out, K, St, P, OutputPadding, D, Groups>> {};

}  // namespace tenon::inline TENON_ISA::cuda
