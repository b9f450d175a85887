/// \file
/// Everything for the device. Models are built, loaded and saved with the headers of the host.
#pragma once

#include "activation.hpp"
#include "compile.hpp"
#include "conv.hpp"
#include "dropout.hpp"
#include "functional.hpp"
#include "linear.hpp"
#include "loss.hpp"
#include "normalization.hpp"
#include "pooling.hpp"
