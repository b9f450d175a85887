/// \file
/// `compile_stream<Blocks...>(model)`: a model that takes its input piece by piece, for the CPU.
#pragma once

#include "../plan/stream.hpp"
#include "compile.hpp"
#include "stage/stream.hpp"

namespace tenon::inline TENON_ISA {

namespace cpu {
/// The blocks of a stream, and the time axis where it is said.
template <class... Blocks>
struct StreamFor {
  template <class Model>
  static auto compile(const Model& model, std::span<std::byte> weight_storage, std::span<std::byte> workspace) {
    return plan::compile_stream_for<Backend, plan::by_layers, Blocks...>(model, weight_storage, workspace);
  }
};
template <auto Dim, class... Blocks>
struct StreamFor<nn::dim<Dim>, Blocks...> {
  template <class Model>
  static auto compile(const Model& model, std::span<std::byte> weight_storage, std::span<std::byte> workspace) {
    return plan::compile_stream_for<Backend, int{Dim}, Blocks...>(model, weight_storage, workspace);
  }
};
}  // namespace cpu

/// Compiles `model` into a stream, whose input arrives in blocks of the types `Blocks` along time, for the CPU. It has
/// a packed copy of the weights as they are now, and keeps what its layers need of earlier blocks.
///
///     nn::LSTM<1, 20> model;
///     auto stream = tenon::compile_stream<Tensor<float, 64, 1, 1>>(model);  // 64 steps a block
///     const auto& [y, h, c] = stream.step(Tensor<float, 64, 1, 1>{});       // y (64, 1, 20)
///
/// Blocks of any size give the same as the whole sequence at once would if zeros stood before it: as many as each
/// convolution and pooling reaches back, and as the first states of recurrent layers. Time is the axis that the first
/// layer with one reads: the last of Conv1d's input, the first of a recurrent layer's, the second with `batch_first`.
/// Where there is no such layer, `compile_stream<nn::dim<2>, Block>(model)` says it. What looks ahead or combines
/// elements of all times does not compile.
///
/// `weight_storage` and `workspace` are as of `compile`; the state is the stream's own.
template <class... Blocks, class Model>
auto compile_stream(const Model& model, std::span<std::byte> weight_storage = {}, std::span<std::byte> workspace = {}) {
  return cpu::StreamFor<Blocks...>::compile(model, weight_storage, workspace);
}

/// The type of `tenon::compile_stream<Blocks...>(model)`.
template <class Model, class... Blocks>
using stream_t = decltype(compile_stream<Blocks...>(std::declval<const Model&>()));

}  // namespace tenon::inline TENON_ISA
