/// \file
/// Padding on the device.
#pragma once

#include <tenon/nn/padding.hpp>

#include "resampling.hpp"
