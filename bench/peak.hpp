/// \file
/// What this core could do.
#pragma once

namespace bench {

/// Billions of floating-point operations per second of one core that does nothing but fused multiply-adds on vectors of
/// floats, measured.
double peak_gflops();

}  // namespace bench
