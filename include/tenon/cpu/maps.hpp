/// \file
/// Maps on the CPU.
#pragma once

#include "../nn/maps.hpp"
#include "micro/map.hpp"
#include "micro/strided_copy.hpp"

namespace tenon::inline TENON_ISA::cpu {

template <operation::Map Operation>
struct Kernel<Operation> : operation::MapKernel<Operation> {};

}  // namespace tenon::inline TENON_ISA::cpu
