/// \file
/// The network.
#pragma once

#include <tenon/tenon.hpp>

#include "dataset.hpp"

namespace fashion_mnist {

namespace nn = tenon::nn;

/// LeNet-5 with the activation and the pooling of today.
using LeNet = nn::Sequential<                                                                   // (N, 1, 28, 28)
    nn::Conv2d<1, 6, nn::kernel_size<5>, nn::padding<2>>, nn::ReLU,                             // (N, 6, 28, 28)
    nn::MaxPool2d<nn::kernel_size<2>>,                                                          // (N, 6, 14, 14)
    nn::Conv2d<6, 16, nn::kernel_size<5>>, nn::ReLU,                                            // (N, 16, 10, 10)
    nn::MaxPool2d<nn::kernel_size<2>>,                                                          // (N, 16, 5, 5)
    nn::Flatten<>,                                                                              // (N, 400)
    nn::Linear<400, 120>, nn::ReLU, nn::Linear<120, 84>, nn::ReLU, nn::Linear<84, class_count>  // (N, 10)
    >;

/// `N` images as the network takes them.
template <tenon::index_t N>
using Images = tenon::Tensor<float, N, 1, image_size, image_size>;

}  // namespace fashion_mnist
