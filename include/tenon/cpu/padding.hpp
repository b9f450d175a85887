/// \file
/// Padding on the CPU.
#pragma once

#include "../nn/padding.hpp"
#include "resampling.hpp"
