/// \file
/// Pooling over windows at random distances, on the device.
#pragma once

#include <tenon/nn/fractional_pooling.hpp>

#include "pooling.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <class K, class Output, bool ReturnIndices>
struct Kernel<operation::FractionalMaxPool<K, Output, ReturnIndices>>
    : operation::FractionalKernel<operation::FractionalMaxPool<K, Output, ReturnIndices>,
                                  detail::PickLargest<ReturnIndices>> {};

}  // namespace tenon::inline TENON_ISA::cuda
