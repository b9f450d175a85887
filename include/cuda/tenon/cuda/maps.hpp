/// \file
/// Maps on the device.
#pragma once

#include <tenon/nn/maps.hpp>

#include "device.hpp"

namespace tenon::inline TENON_ISA::cuda {

template <operation::Map Operation>
struct Kernel<Operation> : operation::MapKernel<Operation> {};

}  // namespace tenon::inline TENON_ISA::cuda
