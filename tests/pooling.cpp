#define BOOST_TEST_MODULE pooling
#define BOOST_TEST_DYN_LINK
#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(max_pool2d) {
  check<nn::MaxPool2d<nn::ceil_mode<false>, nn::stride<2, 2>, nn::padding<1>, nn::kernel_size<3, 3>>,
        Tensor<float, 1, 3, 7, 7>>({.vectors = "MaxPool2d.p01.4d_input"});
  check<nn::MaxPool2d<nn::kernel_size<3, 1>, nn::stride<3, 1>, nn::padding<1, 0>, nn::dilation<2>,
                      nn::return_indices<false>, nn::ceil_mode<false>>,
        Tensor<float, 1, 1, 9, 4>>({.vectors = "MaxPool2d.p03.options"});
  check<nn::MaxPool2d<nn::kernel_size<2, 4>, nn::stride<2, 4>, nn::padding<0, 0>, nn::return_indices<true>,
                      nn::ceil_mode<true>>,
        Tensor<float, 2, 2, 6, 7>>({.vectors = "MaxPool2d.p04.indices"});
  check<nn::MaxPool2d<nn::dilation<2, 2>, nn::padding<1, 1>, nn::stride<1, 3>, nn::return_indices<true>,
                      nn::ceil_mode<false>, nn::kernel_size<2, 3>>,
        Tensor<float, 1, 3, 5, 6>>({.vectors = "MaxPool2d.p05.indices"});
  check<nn::MaxPool2d<nn::return_indices<false>, nn::stride<2, 1>, nn::kernel_size<1>, nn::ceil_mode<true>,
                      nn::dilation<2>, nn::padding<0, 0>>,
        Tensor<float, 1, 2, 9, 6>>({.vectors = "MaxPool2d.p06.options"});
  check<nn::MaxPool2d<nn::padding<1, 1>, nn::dilation<2, 1>, nn::return_indices<true>, nn::kernel_size<2, 3>,
                      nn::ceil_mode<false>, nn::stride<1, 2>>,
        Tensor<float, 1, 3, 4, 7>>({.vectors = "MaxPool2d.p07.indices"});
  check<nn::MaxPool2d<nn::kernel_size<2, 1>, nn::stride<1, 1>, nn::padding<1, 0>, nn::dilation<1, 2>,
                      nn::return_indices<true>, nn::ceil_mode<true>>,
        Tensor<float, 1, 1, 8, 6>>({.vectors = "MaxPool2d.p08.indices"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::MaxPool2d<nn::kernel_size<2>>, Tensor<float, 2, 3, 28, 29>>();
  check<nn::MaxPool2d<nn::kernel_size<3>, nn::stride<2>, nn::padding<1>>, Tensor<float, 1, 17, 9, 41>>();
  check<nn::MaxPool2d<nn::kernel_size<1>>, Tensor<float, 1, 1, 1, 1>>();
  check<nn::MaxPool2d<nn::kernel_size<5, 2>, nn::stride<1, 3>, nn::padding<2, 1>, nn::dilation<1, 2>,
                      nn::ceil_mode<true>>,
        Tensor<float, 1, 2, 7, 11>>();
  check<nn::MaxPool2d<nn::kernel_size<4>, nn::stride<3>, nn::return_indices<true>>, Tensor<float, 1, 2, 13, 67>>();
}

}  // namespace
