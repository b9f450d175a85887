#include "chapter.hpp"

using namespace tenon_test;

namespace {

BOOST_AUTO_TEST_CASE(sequential) {
  check<nn::Sequential<nn::Linear<3, 3>, nn::ReLU, nn::Linear<3, 4>>, Tensor<float, 3, 3>>(
      {.vectors = "Sequential.p01.plain"});
  check<nn::Sequential<nn::Named<"fc", nn::Linear<2, 6>>, nn::Named<"act", nn::Tanh>>, Tensor<float, 2, 2>>(
      {.vectors = "Sequential.p03.named"});
  check<nn::Sequential<nn::Linear<2, 3>, nn::Sequential<nn::Tanh, nn::Linear<3, 3>>, nn::Softmax<nn::dim<1>>>,
        Tensor<float, 3, 2>>({.vectors = "Sequential.p05.nested"});
  check<nn::Sequential<nn::Embedding<6, 2>, nn::Linear<2, 1, nn::bias<false>>>, Tensor<std::int64_t, 2, 3>>(
      {.vectors = "Sequential.p06.plain"});
}

BOOST_AUTO_TEST_CASE(odd_shapes) {
  check<nn::Sequential<>, Tensor<float, 3, 5>>();
  check<nn::Sequential<nn::Linear<7, 3>, nn::Sequential<nn::Tanh, nn::Linear<3, 17>>>, Tensor<float, 2, 7>>();
  check<nn::Sequential<nn::Residual<nn::Linear<5, 5>>, nn::Residual<nn::Linear<5, 3>, nn::Linear<5, 3>>,
                       nn::LogSoftmax<>>,
        Tensor<float, 2, 5>>();
}

}  // namespace
