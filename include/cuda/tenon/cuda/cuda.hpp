/// \file
/// Everything for the device. Models are built, loaded and saved with the headers of the host.
///
///     auto on_device = model.cuda(0);                              // a copy there
///     auto y = on_device(tenon::cuda::copy(x)).to_host();
///     auto net = tenon::cuda::compile<decltype(x)>(model, 0);      // fused, all its memory allocated once
///     const auto& z = net(tenon::cuda::copy(x));
#pragma once

#include "activation.hpp"
#include "class_loss.hpp"
#include "compile.hpp"
#include "conv.hpp"
#include "distance.hpp"
#include "dropout.hpp"
#include "embedding.hpp"
#include "fractional_pooling.hpp"
#include "functional.hpp"
#include "linear.hpp"
#include "loss.hpp"
#include "normalization.hpp"
#include "padding.hpp"
#include "pooling.hpp"
#include "recurrent.hpp"
#include "softmax.hpp"
#include "unpooling.hpp"
#include "vision.hpp"
