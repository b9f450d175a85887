// Chains of convolutions and what follows them.
#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(sequential) {
  check<nn::Sequential<nn::Conv2d<5, 3, nn::kernel_size<3, 3>, nn::stride<1, 1>, nn::padding<1, 1>, nn::bias<true>>,
                       nn::BatchNorm2d<3>, nn::ReLU,
                       nn::MaxPool2d<nn::stride<2>, nn::dilation<1>, nn::padding<0, 0>, nn::kernel_size<2>>>,
        Tensor<float, 2, 5, 4, 6>>({.vectors = "Sequential.p02.plain"});
  check<nn::Sequential<nn::Named<"fc", nn::Conv1d<3, 3, nn::kernel_size<3>>>,
                       nn::Named<"act", nn::PReLU<nn::num_parameters<3>>>,
                       nn::Named<"pool", nn::AvgPool1d<nn::kernel_size<2>>>>,
        Tensor<float, 2, 3, 8>>({.vectors = "Sequential.p04.named"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::Sequential<nn::Conv2d<3, 17, nn::kernel_size<3>>, nn::BatchNorm2d<17>, nn::Tanh, nn::Flatten<>,
                       nn::Linear<255, 5>>,
        Tensor<float, 2, 3, 5, 7>>();
  check<nn::Sequential<nn::Conv2d<2, 3, nn::kernel_size<3>>, nn::Tanh, nn::MaxPool2d<nn::kernel_size<2>>, nn::Flatten<>,
                       nn::Linear<12, 5>>,
        Tensor<float, 3, 2, 6, 7>>();
}

}  // namespace
