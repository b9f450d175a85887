/// \file
/// Everything for the host. Files are apart: `<tenon/io/safetensors.hpp>`.
#pragma once

#include "compile/compile.hpp"
#include "cpu/activation.hpp"
#include "cpu/conv.hpp"
#include "cpu/distance.hpp"
#include "cpu/dropout.hpp"
#include "cpu/functional.hpp"
#include "cpu/linear.hpp"
#include "cpu/loss.hpp"
#include "cpu/normalization.hpp"
#include "cpu/padding.hpp"
#include "cpu/pooling.hpp"
#include "cpu/softmax.hpp"
#include "cpu/vision.hpp"
#include "io/print.hpp"
#include "io/summary.hpp"
#include "nn/containers.hpp"
#include "nn/functional.hpp"
#include "nn/sequential.hpp"
#include "optim/adam.hpp"
#include "optim/sgd.hpp"
