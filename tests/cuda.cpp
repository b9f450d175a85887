/// \file
/// The Thrust backend against the host, on a system without CUDA; tests/cuda has the chapters.
#include "cuda/activation.hpp"
#include "cuda/conv.hpp"
#include "cuda/dropout.hpp"
#include "cuda/lenet.hpp"
#include "cuda/linear.hpp"
#include "cuda/loss.hpp"
#include "cuda/main.hpp"
#include "cuda/module.hpp"
#include "cuda/normalization.hpp"
#include "cuda/pooling.hpp"
#include "cuda/softmax.hpp"
#include "cuda/tensor.hpp"
