/// \file
/// Linear stages on the device.
#pragma once

#include "../linear.hpp"
#include "weights.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <index_t In, index_t Out>
struct Stage<operation::Linear<In, Out>> {
  template <class X>
  struct kernel : ChannelWeights<typename X::value_type, Out, In, RowPerChannel<In>> {
    using T = typename X::value_type;
    static constexpr std::string_view name = "matrix product";
    static constexpr index_t rows = X::static_shape::size / In;
    // A batch normalization folds in where its channels, axis 1, are the features.
    static constexpr index_t folds_channels = X::static_shape::rank == 2 ? Out : 0;
    template <class Function>
    static void run(const plan::Call& call) noexcept {
      linear<T>(rows, In, Out, call.in<T>(), call.packed<T>(), nullptr, call.out<T>());
      finish_stage<Function>(rows * Out, Out, 1, kernel::bias(call), call, call.out<T>());
    }
  };
};

}  // namespace tenon::inline TENON_ISA::cuda
