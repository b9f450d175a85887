/// \file
/// `cuda::compile<Inputs...>(model, id)`: a model as a net on the device, with all its memory allocated once.
#pragma once

#include <tenon/plan/net.hpp>

#include "stage/activation.hpp"
#include "stage/conv.hpp"
#include "stage/embedding.hpp"
#include "stage/functional.hpp"
#include "stage/linear.hpp"
#include "stage/normalization.hpp"
#include "stage/pooling.hpp"
#include "stage/recurrent.hpp"
#include "stage/vision.hpp"

namespace tenon::inline TENON_ISA::cuda {

namespace detail {
/// Whether a model's parameters are on the device, so that bringing it to the host changes its type.
template <class Model>
inline constexpr bool is_model_of_device = false;
template <class Model>
  requires nn::detail::Convertible<Model, nn::to_place<host>>
inline constexpr bool is_model_of_device<Model> =
    !std::is_same_v<typename nn::detail::rebound<Model, nn::to_place<host>>::type, Model>;
}  // namespace detail

/// Compiles `model` for device `id` and inputs of the shapes and element types of `Inputs`, which may be tensors of the
/// host; the net takes and gives `cuda::Tensor`s. It fuses the same stages as `tenon::compile`. Throws tenon::Error
/// where there is no such device.
///
/// A call allocates nothing and does not wait for the device; `to_host()` of a result and `status()` do. It makes the
/// net's device the current one. One net serves one thread; copies are independent and share the weights.
template <class... Inputs, class Model>
auto compile(const Model& model, int id = 0) {
  if constexpr (detail::is_model_of_device<Model>) {
    return cuda::compile<Inputs...>(model.cpu(), id);
  } else {
    device::select(id);
    return plan::compile_for<Backend, Inputs...>(model, {}, {});
  }
}

}  // namespace tenon::inline TENON_ISA::cuda
