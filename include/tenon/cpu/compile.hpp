/// \file
/// `compile<Inputs...>(model)`: a model as a net for the CPU.
#pragma once

#include "../plan/net.hpp"
#include "stage/activation.hpp"
#include "stage/conv.hpp"
#include "stage/distance.hpp"
#include "stage/embedding.hpp"
#include "stage/functional.hpp"
#include "stage/linear.hpp"
#include "stage/normalization.hpp"
#include "stage/pooling.hpp"
#include "stage/recurrent.hpp"
#include "stage/softmax.hpp"
#include "stage/vision.hpp"

namespace tenon::inline TENON_ISA {

/// Compiles `model` for inputs of the types `Inputs` into a net for the CPU, whose stages are fused and share one
/// arena. The net has a packed copy of the weights as they are now.
///
///     nn::Sequential<nn::Linear<12, 64>, nn::ReLU, nn::Linear<64, 4>> model;
///     auto net = tenon::compile<Tensor<float, 1, 12>>(model);
///     const Tensor<float, 1, 4>& y = net(Tensor<float, 1, 12>{});
///
/// `weight_storage` and `workspace` are memory of the caller for the packed weights and for the workspace, of
/// `weight_bytes` and `workspace_bytes` bytes; the net allocates what is not given. They must outlive the net. Throws
/// tenon::Error if one is too small or not aligned to 64 bytes.
template <class... Inputs, class Model>
auto compile(const Model& model, std::span<std::byte> weight_storage = {}, std::span<std::byte> workspace = {}) {
  return plan::compile_for<cpu::Backend, Inputs...>(model, weight_storage, workspace);
}

/// The type of `tenon::compile<Inputs...>(model)`, for a member or a function's argument:
///
///     using Policy = nn::Linear<12, 4>;
///     struct Player { Policy model; tenon::net_t<Policy, Tensor<float, 1, 12>> net; };
template <class Model, class... Inputs>
using net_t = decltype(compile<Inputs...>(std::declval<const Model&>()));

}  // namespace tenon::inline TENON_ISA
