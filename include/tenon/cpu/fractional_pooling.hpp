/// \file
/// Pooling over windows at random distances, on the CPU.
#pragma once

#include "../nn/fractional_pooling.hpp"
#include "pooling.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <class K, class Output, bool ReturnIndices>
struct Kernel<operation::FractionalMaxPool<K, Output, ReturnIndices>>
    : operation::FractionalKernel<operation::FractionalMaxPool<K, Output, ReturnIndices>,
                                  detail::PickLargest<ReturnIndices>> {};

}  // namespace tenon::inline TENON_ISA::cpu
